#!/usr/bin/python3
"""Two windows, a mouse and a keyboard: what a person sends arrives, byte for byte."""

import filecmp
import os
import re
import stat
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from drop import Drag  # noqa: E402
from person import Window, picture, until  # noqa: E402

SCRATCH, BINARY, SHOTS = os.environ["SCRATCH"], os.environ["AIRLIFT_BIN"], os.environ.get("SHOTS")
SIZE = (1100, 760)
LINE = "To: code, name, address or link"


def make(path, size):
    """A file of bytes that don't repeat."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        while size > 0:
            file.write(os.urandom(min(size, 1 << 20)))
            size -= 1 << 20


def device(name, at, theme):
    """A window with a home, a user's folders and a desktop of its own."""
    home = os.path.join(SCRATCH, f"{name}-{theme}")
    opened = os.path.join(home, "opened")
    os.makedirs(os.path.join(home, "bin"))
    # What a desktop would open is written down instead.
    stub = os.path.join(home, "bin", "xdg-open")
    with open(stub, "w") as script:
        script.write(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{opened}"\n')
    os.chmod(stub, os.stat(stub).st_mode | stat.S_IXUSR)
    window = Window(
        name, BINARY, home, at, SIZE, home + ".log",
        HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, AIRLIFT_THEME=theme,
        PATH=os.path.join(home, "bin") + ":" + os.environ["PATH"],
    )
    window.inbox = os.path.join(home, "Downloads", "Airlift")
    window.opened = opened
    return window


def address_of(window):
    """What the receiving window shows for others to type; loopback serves two on one machine."""
    pill = window.sees("can send to")
    window.click(pill, "push button")
    window.click("Addresses")
    ports = lambda: [found.group(1) for text in window.texts() if (found := re.fullmatch(r"Copy .*:(\d+)", text))]  # noqa: E731
    until(ports, "an address")
    port = ports()[0]
    window.key("Escape")
    return f"127.0.0.1:{port}"


def choose_by_path(window, path):
    window.click("Type a path", "push button")
    until(lambda: window.find("Path of a file or folder"), "the path field")
    window.paste(path)
    window.key("Return")
    window.sees(os.path.basename(path))


def answer(window, button):
    """Answers an offer. The buttons of a card that has just appeared are inert, so that nobody
    accepts by accident: presses until it is heeded."""
    def heeded():
        if window.find(button, "push button") is None:
            return True
        window.click(button, "push button")
        # Whether it was heeded shows in a moment: a button that is about to go must not be looked for again.
        end = time.monotonic() + 1
        while time.monotonic() < end:
            if window.find(button, "push button") is None:
                return True
            time.sleep(0.05)
        return False

    until(heeded, f"{button} to be heeded")


def code_of(window):
    """The six digits of a first meeting."""
    return next(text for text in window.texts() if re.fullmatch(r"\d{3} \d{3}", text))


def send_to(window, address):
    window.click(LINE, "entry")
    window.key("ctrl+a")
    window.type(address)
    until(lambda: window.find(f"Send to {address}", "push button"), "a Send button that can be pressed")
    window.click(f"Send to {address}", "push button")


def same(left, right):
    """True when two files or folders are the same, to the last byte."""
    if os.path.isfile(left):
        return os.path.isfile(right) and filecmp.cmp(left, right, shallow=False)
    compared = filecmp.dircmp(left, right)
    return (
        not (compared.left_only or compared.right_only or compared.funny_files)
        and all(filecmp.cmp(os.path.join(left, f), os.path.join(right, f), shallow=False) for f in compared.common_files)
        and all(same(os.path.join(left, d), os.path.join(right, d)) for d in compared.common_dirs)
    )


def ticks_at_rest(window):
    """Processor time that a window uses in two seconds of rest, in clock ticks."""
    def ticks():
        with open(f"/proc/{window.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(2)
    return ticks() - before


def flight(theme):
    things = os.path.join(SCRATCH, f"things-{theme}")
    film, photos, note = (os.path.join(things, n) for n in ("Holiday film.mkv", "写真 صور", "note.txt"))
    make(film, 600 << 20)
    for name, size in (("Zürich.jpg", 700_000), ("北京/长城.jpg", 300_000), ("empty", 0), (".hidden", 1)):
        make(os.path.join(photos, name), size)
    make(note, 1000)

    sender, receiver = device("Anna’s laptop", (10, 30), theme), device("Studio 写真", (1100, 30), theme)
    shoot = lambda name, window: picture(SHOTS, f"{name}-{theme}", window)  # noqa: E731
    try:
        sender.sees("Nothing has been sent or received yet")
        shoot("idle", sender)

        receiver.click("Receive", "push button")
        address = address_of(receiver)

        # One by its path, one dragged from the desktop.
        choose_by_path(sender, film)
        drag = Drag(sender.id, [photos])
        shoot("drop", sender)
        drag.let_go()
        sender.sees(os.path.basename(photos))
        sender.click(LINE, "entry")
        sender.type(address)
        sender.sees("Send to ")
        shoot("chosen", sender)
        send_to(sender, address)

        # They have never met: both screens show the same code, and nothing is named before both have said so.
        receiver.sees("Yes")
        receiver.sees("5 files in 2 folders")
        sender.sees("Yes")
        shoot("met", receiver)
        shoot("meeting", sender)
        assert code_of(sender) == code_of(receiver), "two codes"
        answer(receiver, "Yes")
        receiver.sees("waiting until both have compared")
        shoot("comparing", receiver)
        assert not any("Holiday film.mkv" in text for text in receiver.texts()), "named before it was compared"
        answer(sender, "Yes")
        receiver.sees("Accept: Holiday film.mkv and 1 more")
        receiver.sees("Holiday film.mkv")
        shoot("offer", receiver)
        assert not os.path.exists(receiver.inbox) or os.listdir(receiver.inbox) == [], "written before the yes"
        answer(receiver, next(t for t in receiver.texts() if t.startswith("Accept: ")))
        until(lambda: any(" left" in t and "/s" in t for t in receiver.texts()) or receiver.find("Verified"), "progress")
        shoot("running", receiver)
        sender.sees("Verified")
        receiver.sees("Verified")
        for thing in (film, photos):
            arrived = os.path.join(receiver.inbox, os.path.basename(thing))
            assert same(thing, arrived), f"{arrived} is not what was sent"
        shoot("done", receiver)

        for action in ("Open", "Show in folder"):
            receiver.click(f"{action}: Holiday film.mkv and 1 more")
            until(lambda: os.path.exists(receiver.opened), f"the desktop to be asked to {action.lower()}")
            with open(receiver.opened) as asked:
                assert receiver.inbox in asked.read(), f"{action} led elsewhere"
            os.remove(receiver.opened)

        # A second offer, of one that is known now, declined; and one to nobody.
        choose_by_path(sender, note)
        send_to(sender, address)
        receiver.sees("You know it")
        receiver.sees("Decline: note.txt")
        answer(receiver, next(t for t in receiver.texts() if t.startswith("Decline: ")))
        sender.sees("declined")
        assert not os.path.exists(os.path.join(receiver.inbox, "note.txt"))
        receiver.click(receiver.sees("can send to"), "push button")
        receiver.click("Stop receiving", "push button")
        until(lambda: receiver.find("Receive", "push button"), "the Receive button to be back")
        choose_by_path(sender, note)
        send_to(sender, address)
        sender.sees("can’t be reached")
        sender.click(sender.sees("Details: "))
        sender.sees("Nobody receives at")
        shoot("failed", sender)

        until(lambda: ticks_at_rest(sender) <= 2, "a window at rest that rests")
    except BaseException:
        picture(SHOTS or os.path.join(SCRATCH, "trouble"), f"trouble-{theme}")
        for window in (sender, receiver):
            print(f"-- {window.name} shows:", *window.texts(), sep="\n   ")
        raise
    finally:
        sender.close()
        receiver.close()


def main():
    themes = ("light", "dark") if SHOTS else ("light",)
    for theme in themes:
        flight(theme)
    print(f"{len(themes)} passed, 0 failed")


main()
