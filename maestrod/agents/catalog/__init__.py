"""What agents read besides their task: skills, personas, and the project's files.

``file_catalog`` finds skills and personas where users, projects and we keep them, ``skill_files`` reads one, ``frontmatter`` its
head, and ``relevant_files`` lists the project files that a planner's prompt mentions.
"""
