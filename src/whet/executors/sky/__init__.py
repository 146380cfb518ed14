"""Machines that SkyPilot rents: a pool of clusters, each launched once and given back for sure.

SkyPilot itself is never imported here: it runs in an interpreter of its own behind `bridge`.
"""
