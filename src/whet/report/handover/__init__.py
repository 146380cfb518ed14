"""What a maintainer is given: the rules of their project heard, its style kept, facts stated.

`policy` and `style` read a project's own files and log; they are for whoever needs to know how
that project wants to be talked to. `message` and `facts` write what is handed over.
"""
