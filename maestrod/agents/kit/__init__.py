"""What adapters share: finding an agent's program, making its environment, files, hooks and prompt, and reading its JSON.

At least two agents use each module: ``installed`` finds the program, ``environment`` makes its environment,
``session_files`` and ``skill_folder`` its files, ``hook_template`` its hooks, and ``json_lines`` reads its output.
"""
