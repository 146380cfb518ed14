"""What tests and simulations share: fakes for the ports, and machines whose noise is known.

For whoever writes an executor or another plugin:

- `executor.SimulatedExecutor`: workers that answer at once, on a machine with a noise you choose;
  it can lose a worker, be slow, become another machine, or fail a stage. `program` says what a
  simulated program is.
- `contract.executor_contract`: what every executor must do, clause by clause, on a `ground.Ground`.
- `agent.ScriptedAgent`: edits that are known beforehand.
- `clock.SimulatedClock`: time that passes only when somebody looks or sleeps.
"""
