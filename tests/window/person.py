"""A person at the screen: finds widgets by what they are called, moves the mouse, types, looks.

Widgets are found through the accessibility tree (AT-SPI), the mouse and keyboard are xdotool's, so
a test breaks when a person could not do it, and not when something moved.
"""

import os
import subprocess
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

# What takes longer than this, on a slow machine, has failed.
PATIENCE = 60


class Lost(Exception):
    """Something that a person would look for is not there."""


def until(found, what):
    """Waits until `found` returns something true, and returns it."""
    end, last = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        try:
            result = found()
        except Exception as trouble:  # the tree changes while it is read
            result, last = None, trouble
        if result:
            return result
        time.sleep(0.05)
    raise Lost(f"waited too long for {what}") from last


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


class Window:
    """One running Airlift and its window."""

    def __init__(self, name, binary, home, title_at, size, log, **environment):
        self.name = name
        self.log = open(log, "wb")
        # It speaks to nobody on the network that this machine is in, unless a test says otherwise.
        env = {**os.environ, "AIRLIFT_HOME": os.path.join(home, ".airlift"), "AIRLIFT_NO_DISCOVERY": "1", **environment}
        self.process = subprocess.Popen([binary, "--device-name", name], env=env, stdout=self.log, stderr=self.log)
        self.id = until(self._window_id, f"the window of {self.name}")
        until(lambda: self.root(), f"{self.name} in the accessibility tree")
        # It places itself when it opens: only then is it moved to where it is wanted.
        run("xdotool", "windowsize", "--sync", self.id, *map(str, size))
        run("xdotool", "windowmove", self.id, *map(str, title_at))
        until(lambda: abs(self._left() - title_at[0]) < 50, f"{self.name} where it was put")

    def _window_id(self):
        if self.process.poll() is not None:
            raise Lost(f"{self.name} ended with {self.process.returncode}")
        ids = run("xdotool", "search", "--all", "--onlyvisible", "--pid", str(self.process.pid), "--name", "Airlift").split()
        return ids and ids[0]

    def _left(self):
        shell = run("xdotool", "getwindowgeometry", "--shell", self.id)
        return int(next(line for line in shell.splitlines() if line.startswith("X="))[2:])

    def root(self):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(i)
            if app and app.get_process_id() == self.process.pid:
                app.clear_cache()
                return app
        return None

    def nodes(self):
        waiting = [self.root()]
        while waiting:
            node = waiting.pop()
            if node:
                yield node
                waiting.extend(node.get_child_at_index(i) for i in reversed(range(node.get_child_count())))

    def texts(self):
        return [node.get_name() for node in self.nodes() if node.get_name()]

    def find(self, name, role=None):
        for node in self.nodes():
            if (node.get_name() or "") == name and (role is None or node.get_role_name() == role):
                return node
        return None

    def sees(self, part):
        """The first text that contains `part`."""
        return until(lambda: next((t for t in self.texts() if part in t), None), f"“{part}” in {self.name}")

    def missing(self, part):
        until(lambda: not any(part in t for t in self.texts()), f"“{part}” to go from {self.name}")

    def focus(self):
        run("xdotool", "windowactivate", "--sync", self.id)

    def click(self, name, role=None):
        def place():
            node = self.find(name, role)
            if node is None or not node.get_state_set().contains(Atspi.StateType.ENABLED):
                return None
            box = node.get_extents(Atspi.CoordType.WINDOW)
            return box if box.width > 0 and box.height > 0 else None

        self.focus()
        until(place, f"“{name}” to click in {self.name}")
        # A widget that has just appeared may still be moving into place.
        box, before = place(), None
        while box is None or before is None or (box.x, box.y) != (before.x, before.y):
            before = box
            time.sleep(0.1)
            box = place()
        x, y = str(box.x + box.width // 2), str(box.y + box.height // 2)
        run("xdotool", "mousemove", "--window", self.id, "--sync", x, y, "sleep", "0.1", "click", "1")

    def type(self, text):
        run("xdotool", "type", "--window", self.id, "--delay", "10", text)

    def key(self, *keys):
        run("xdotool", "key", "--window", self.id, *keys)

    def paste(self, text):
        # xclip stays to serve the selection, and must not hold our pipes open.
        subprocess.run(
            ["xclip", "-selection", "clipboard"],
            input=text.encode(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.key("ctrl+v")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()


def picture(folder, name, window=None):
    """A photo of the window, or of the whole screen."""
    if folder:
        os.makedirs(folder, exist_ok=True)
        target = window.id if window else "root"
        run("import", "-window", target, os.path.join(folder, f"{name}.png"))
