"""Every limit on what a project's text may be, in one place.

They stop input that is made to harm, and are far above what people write.
"""

from __future__ import annotations

FILE_BYTES = (
    2 * 1024 * 1024
)  # one YAML file; Digdag's own limit of a file in an archive (engine.md §20)
DEPTH = 100  # mappings and lists inside each other, includes counted on
NODES = 150_000  # values of one file, with those that aliases and includes add
PROJECT_NODES = 2_000_000  # values of all files of a project
INCLUDE_DEPTH = 20  # files that include each other in a chain
PROBLEMS = 1_000  # collected for one project; the rest would not be read anyway
NAME_LENGTH = 255  # of a workflow, and of a task with its "+" (language.md §1, §6)
SHOWN_LENGTH = 80  # of a user's text repeated in a message
