"""What adapters share: how an agent is found, given its environment, its files, its hooks and its prompt, and how its JSON is read.

Every file is one small idea that at least two agents use: ``installed`` finds the program, ``environment`` makes what it gets,
``session_files`` and ``skill_folder`` what it finds in its folder, ``hook_template`` its hooks, ``json_lines`` reads what it prints.
"""
