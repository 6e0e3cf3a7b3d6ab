"""The commands of a Markdown file as they stand there: what is rehearsed is what an operator pastes."""

import re


class Document:
    """A README or a runbook: its blocks of shell commands, and which of them were played."""

    def __init__(self, path, section=""):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.path = path
        if section:
            found = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
            if not found:
                raise AssertionError(f"expected a section {section!r} in {path}")
            text = found[1]
        self.blocks, self.played = [], set()
        # A block in a list item is indented as its item is.
        for match in re.finditer(r"^( *)```sh\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
            indent = len(match[1])
            lines = [line[indent:] for line in match[2].splitlines()]
            self.blocks.append("\n".join(lines))

    def block(self, *words, ends=""):
        """The one block that has all these words, and this end; it counts as played."""
        found = {block for block in self.blocks if block.endswith(ends) and all(word in block for word in words)}
        if len(found) != 1:
            raise AssertionError(f"{self.path} must have one block of commands with {' and '.join(words)}, and has {len(found)}")
        self.played |= found
        return found.pop()

    def unplayed(self):
        """The blocks that nobody asked for."""
        return list(dict.fromkeys(block for block in self.blocks if block not in self.played))
