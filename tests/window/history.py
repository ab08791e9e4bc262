#!/usr/bin/python3
"""Files arrive, and the window’s history shows them: found while one types, filtered, seen closely, gone, removed."""

import json
import os
import socket
import socketserver
import stat
import subprocess
import sys
import threading
import wave
import zipfile
from contextlib import contextmanager

sys.path.insert(0, os.path.dirname(__file__))
from person import PATIENCE, Window, picture, until  # noqa: E402

SCRATCH, BINARY, SHOTS = os.environ["SCRATCH"], os.environ["AIRLIFT_BIN"], os.environ.get("SHOTS")
SIZE = (1040, 760)
LONG = "Minutes of the meeting about the minutes of the last meeting, with everything that was said " + "x" * 60 + " final.txt"


def make(folder):
    """A few files of every kind, with what these hold."""
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)  # noqa: E731
    if subprocess.run(["sh", "-c", "command -v convert"], capture_output=True).returncode == 0:
        for name, colors in (("Sunset over the lake.jpg", "orange-navy"), ("写真.png", "green-gold"), ("Logo.webp", "red-blue")):
            run = subprocess.run(["convert", "-size", "900x600", f"gradient:{colors}", at(name)], capture_output=True)
            if run.returncode:
                print(f"SKIPPED: {name} could not be made")
    with open(at("broken.png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + os.urandom(5000))
    with open(at("Report 2026.pdf"), "wb") as file:
        file.write(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n" + b"%" * 400_000)
    with zipfile.ZipFile(at("Everything.zip"), "w") as archive:
        archive.writestr("inside.txt", "inside")
    with wave.open(at("Memo.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(160_000))
    with open(at(LONG), "w") as file:
        file.write("It was said.\n" * 1000)
    with open(at("tool.sh"), "w") as file:
        file.write("#!/bin/sh\necho hello\n")
    with open(at("data.bin"), "wb") as file:
        file.write(b"\0" * 2_400_000)
    return sorted(os.listdir(folder))


MARKER = b"this is what the scanner of this test looks for"


class Scan(socketserver.StreamRequestHandler):
    """What a clamd answers to somebody who sends it a file."""

    def handle(self):
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        if command != b"zINSTREAM\0":
            self.wfile.write(b"ClamAV 1.4.6\0" if command == b"zVERSION\0" else b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
        found = b"stream: Airlift.Test.Marker.UNOFFICIAL FOUND\0" if MARKER in content else b"stream: OK\0"
        self.wfile.write(found)


class Scanner(socketserver.ThreadingTCPServer):
    """A virus scanner that knows one thing, for as long as the test runs."""

    allow_reuse_address = daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home):
    return {
        **os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home,
        "AIRLIFT_HOME": os.path.join(home, ".airlift"), "AIRLIFT_NO_DISCOVERY": "1",
    }


def transfer(sender, receiver, paths, inbox, names=("Anna’s laptop", "Studio"), code=0):
    """Sends in the terminal, from one home to the other."""
    port = free_port()
    waiting = subprocess.Popen(
        [BINARY, "--device-name", names[1], "receive", "--accept", "all", "--once", "--port", str(port), "--dir", inbox],
        env=environment(receiver), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        until(listens, "the receiver to listen")
        sent = subprocess.run(
            [BINARY, "--device-name", names[0], "send", "--to", f"127.0.0.1:{port}", *paths],
            env=environment(sender), capture_output=True, text=True, timeout=PATIENCE,
        )
        waiting.wait(PATIENCE)
        assert code in (sent.returncode, None), f"{sent.returncode}: {sent.stdout}{sent.stderr}\n{waiting.stdout.read()}"
    finally:
        waiting.kill()


def window(home, theme, name="Studio", at=(20, 30)):
    opened = os.path.join(home, "opened")
    os.makedirs(os.path.join(home, "bin"), exist_ok=True)
    # What a desktop would open is written down instead.
    stub = os.path.join(home, "bin", "xdg-open")
    with open(stub, "w") as script:
        script.write(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{opened}"\n')
    os.chmod(stub, os.stat(stub).st_mode | stat.S_IXUSR)
    window = Window(
        name, BINARY, home, at, SIZE, os.path.join(home, "log"),
        HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, AIRLIFT_THEME=theme,
        PATH=os.path.join(home, "bin") + ":" + os.environ["PATH"],
    )
    window.opened = opened
    return window


@contextmanager
def shown(studio, trouble):
    """Closes the window at the end; before that, shows what is on it where something goes wrong."""
    try:
        yield studio
    except BaseException:
        picture(SHOTS or os.path.join(SCRATCH, "trouble"), f"trouble-{trouble}")
        print(f"-- {studio.name} shows:", *studio.texts(), sep="\n   ")
        raise
    finally:
        studio.close()


def rows(studio):
    """What the list says of each row that is on the screen."""
    return [node.get_name() for node in studio.nodes() if node.get_role_name() == "list item" and node.get_name()]


def click_row(studio, start):
    name = until(lambda: next((row for row in rows(studio) if row.startswith(start)), None), f"the row of {start}")
    studio.click(name, "list item")


def choose(studio, chip, entry):
    studio.click(chip, "push button")
    until(lambda: studio.find(entry), f"“{entry}” in the menu")
    studio.click(entry)
    until(lambda: studio.find(f"{chip.split(':')[0]}: {entry}"), f"the chip to say {entry}")


def quarantine(studio, sender, receiver, inbox, folder, shoot):
    """A file that something is found in: seen, kept, deleted; another released after a warning."""
    bad, locked = os.path.join(folder, "Invoice.exe"), os.path.join(folder, "Holiday pictures.zip")
    with open(bad, "wb") as file:
        file.write(b"MZ" + MARKER * 100)
    with zipfile.ZipFile(locked, "w") as archive:
        archive.writestr("inside.txt", "inside")
    transfer(sender, receiver, [bad, locked], inbox, code=None)
    assert not os.path.exists(os.path.join(inbox, "Invoice.exe")), "let in all the same"
    with shown(studio(), "quarantine") as studio:
        studio.click(studio.sees("Show the quarantine: "), "push button")
        studio.sees("Airlift.Test.Marker.UNOFFICIAL")
        shoot("quarantine", studio)
        studio.click("Release Invoice.exe", "push button")
        studio.sees("A virus was found in this file.")
        shoot("quarantine-release", studio)
        studio.click("Keep Invoice.exe in quarantine", "push button")
        studio.click("Check again: Invoice.exe", "push button")
        studio.sees("Invoice.exe stays")
        studio.click("Done", "push button")
        studio.click("History", "push button")
        until(lambda: any(row.startswith("Invoice.exe") and "virus found" in row for row in rows(studio)), "its row")
        until(lambda: any(row.startswith("Holiday") and "not checked" in row for row in rows(studio)), "the other")
        click_row(studio, "Invoice.exe")
        studio.sees("Show the quarantine")
        shoot("history-infected", studio)
        studio.key("Escape", "Escape")
        studio.click(studio.sees("Show the quarantine: "), "push button")
        studio.click("Delete Invoice.exe", "push button")
        studio.click("Really delete Invoice.exe", "push button")
        studio.sees("Nothing is in quarantine")
        assert not os.path.exists(os.path.join(inbox, "Invoice.exe"))


def flight(theme):
    at = lambda *names: os.path.join(SCRATCH, f"history-{theme}", *names)  # noqa: E731
    sender, receiver, inbox = at("anna"), at("studio"), at("studio", "Downloads", "Airlift")
    for home in (sender, receiver):
        os.makedirs(home)
    shoot = lambda name, studio: picture(SHOTS, f"{name}-{theme}", studio)  # noqa: E731

    with shown(window(receiver, theme), theme) as studio:
        studio.click("History", "push button")
        studio.sees("Nothing has been recorded yet")
        shoot("history-empty", studio)

    names = make(at("things"))
    transfer(sender, receiver, [at("things", name) for name in names], inbox)
    reply = at("Reply.txt")
    with open(reply, "w") as file:
        file.write("Thank you.")
    # The other way: what was sent stands in the history too.
    transfer(receiver, sender, [reply], at("anna", "in"), ("Studio", "Anna’s laptop"))

    with shown(window(receiver, theme), theme) as studio:
        studio.click("History", "push button")
        studio.sees(f"{len(names) + 1} entries")
        until(lambda: any(row.startswith("Reply.txt") for row in rows(studio)), "what was sent")
        studio.focus()
        studio.type("report")
        until(lambda: [row.split(",")[0] for row in rows(studio)] == ["Report 2026.pdf"], "only what was typed")
        shoot("history-found", studio)
        click_row(studio, "Report 2026.pdf")
        studio.sees("Copy the digest")
        studio.click("Verify", "push button")
        studio.sees("Unchanged")
        shoot("history-details", studio)
        studio.click("Open", "push button")
        until(lambda: os.path.exists(studio.opened), "the desktop to be asked")

        # Another content of the same length, and then none.
        with open(os.path.join(inbox, "Report 2026.pdf"), "r+b") as file:
            file.write(b"#")
        studio.click("Close the details", "push button")
        click_row(studio, "Report 2026.pdf")
        studio.click("Verify", "push button")
        studio.sees("Changed")
        studio.key("Escape", "Escape")
        studio.sees(f"{len(names) + 1} entries")

        choose(studio, "Kind: any", "Pictures")
        shoot("history-pictures", studio)
        choose(studio, "Direction: any", "Sent")
        studio.sees("Nothing is found")
        shoot("history-nothing", studio)
        studio.click("Show everything", "push button")
        studio.sees(f"{len(names) + 1} entries")
        shoot("history", studio)

        # What is deleted behind its back is shown as gone, when it is looked at again.
        os.remove(os.path.join(inbox, "Memo.wav"))
        studio.click("Done", "push button")
        studio.click("History", "push button")
        studio.type("wav")
        until(lambda: any(row.startswith("Memo.wav") and row.endswith("gone") for row in rows(studio)), "what is gone")
        click_row(studio, "Memo.wav")
        studio.sees("Arrived whole, and is not there any more.")
        studio.key("Escape", "Escape")
        studio.sees(f"{len(names) + 1} entries")
        studio.type("mi")
        click_row(studio, LONG[:20])
        studio.sees("Copy the digest")
        shoot("history-gone", studio)

        studio.click("Remove from history…", "push button")
        studio.sees("The file itself stays where it is.")
        shoot("history-remove", studio)
        studio.click("Remove", "push button")
        studio.sees("Removed from the history.")
        studio.click("Clear the search", "push button")
        studio.sees(f"{len(names)} entries")
        assert os.path.exists(os.path.join(inbox, LONG)), "the file went with its entry"

        studio.click("Keep the history for", "push button")
        studio.sees("Everything stays until you remove it.")
        shoot("history-keep", studio)
        studio.key("Escape")

        studio.click("Quarantine", "push button")
        studio.sees("Nothing is in quarantine")
        shoot("quarantine-empty", studio)
        studio.click("When files are checked for viruses", "push button")
        studio.sees("Files that could not be checked")
        shoot("virus-check", studio)
        studio.key("Escape")
        studio.click("Done", "push button")

        subprocess.run(["xdotool", "windowsize", "--sync", studio.id, "640", "520"], check=True)
        click_row(studio, names[-1][:3])
        studio.sees("Close the details")
        shoot("history-small-details", studio)
        studio.key("Escape")
        studio.missing("Close the details")
        shoot("history-small", studio)
        subprocess.run(["xdotool", "windowsize", "--sync", studio.id, *map(str, SIZE)], check=True)

        studio.click("Clear the history", "push button")
        studio.sees("Clear the whole history?")
        shoot("history-clear", studio)
        studio.click("Clear", "push button")
        studio.sees("Nothing has been recorded yet")

    with Scanner(("127.0.0.1", 0), Scan) as scanner:
        file = at("studio", ".airlift", "settings.json")
        settings = json.load(open(file)) if os.path.exists(file) else {}
        settings["scanner"] = "127.0.0.1:%d" % scanner.server_address[1]
        with open(file, "w") as written:
            json.dump(settings, written)
        quarantine(lambda: window(receiver, theme), sender, receiver, inbox, at(), shoot)


def main():
    themes = ("light", "dark") if SHOTS else ("light",)
    for theme in themes:
        flight(theme)
    print(f"{len(themes)} passed, 0 failed")


main()
