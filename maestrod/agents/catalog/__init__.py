"""What agents read besides their tasks: skills, personas, and the project's files.

``file_catalog`` finds the skills and personas of users, projects and maestrod itself, ``skill_files`` reads one of them,
``frontmatter`` parses its head, and ``relevant_files`` lists project files for a planner's prompt.
"""
