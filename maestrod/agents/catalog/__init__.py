"""What agents are given to read besides their task: skills and personas from their folders, and the files of the project.

``file_catalog`` finds skills and personas where users, projects and we keep them, ``skill_files`` reads one, ``frontmatter`` its
head, and ``relevant_files`` lists what a planner is told of a project.
"""
