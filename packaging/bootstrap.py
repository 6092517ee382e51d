#!/usr/bin/env python3
"""The one door for people and CI: finds a fitting Python, then hands over to `steps`.

Must parse on any Python, also on 2.7 (no f-strings, no annotations here), so that an old one ends in a sentence
and never in a traceback. Must never import anything that is not in the standard library.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)
HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(os.path.dirname(HERE), ".venv")

PROBE = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
TOO_OLD = (
    "Paxzar needs Python 3.11, 3.12, 3.13 or 3.14 (this is {0}) and found none on PATH: "
    "install Python 3.13 from python.org or with your system's package manager, then run this command again.\n"
)


def fits(version):
    """Whether (major, minor) is a version that the pinned requirements hold for."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def candidates(windows):
    """Command lines that may start a fitting Python, newest first."""
    found = []
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "3." + str(minor)
        if windows:
            found.append(["py", "-" + name])
        found.append(["python" + name])
    return found


def version_of(command):
    """(major, minor) that `command` really starts, or None: a launcher on PATH may lead to nothing."""
    try:
        child = subprocess.Popen(command + ["-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: RUF005
    except OSError:
        return None
    words = child.communicate()[0].decode("ascii", "ignore").strip().split(".")
    if child.returncode != 0 or len(words) != 2:
        return None
    return (int(words[0]), int(words[1]))


def better_python(windows, probe=version_of):
    """A command line that starts a fitting Python, or None."""
    for command in candidates(windows):
        version = probe(command)
        if version and fits(version):
            return command
    return None


def hand_over(command, arguments):
    """Run this file again with another interpreter, and end with its exit code."""
    line = command + [os.path.abspath(__file__)] + arguments  # noqa: RUF005
    if os.name == "nt":
        sys.exit(subprocess.call(line))
    sys.stdout.flush()
    os.execvp(line[0], line)  # noqa: S606


def main(arguments):
    """Exit code of the command in `arguments`."""
    if not fits(sys.version_info):
        command = better_python(os.name == "nt")
        if command is None:
            sys.stderr.write(TOO_OLD.format(sys.version.split()[0]))
            return 1
        hand_over(command, arguments)
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        # Started by the environment that may have to be re-made: Windows cannot delete a running python.exe.
        hand_over([sys._base_executable], arguments)
    sys.path.insert(0, HERE)
    from steps.commands import main as run_command

    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
