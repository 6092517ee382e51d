"""A mail server on loopback that keeps what it is sent: RFC 5321 with STARTTLS (RFC 3207) and AUTH PLAIN/LOGIN (RFC 4954), in
a thread of its own, by the standard library only. It shares nothing with the client, and does not forgive: a login in the
clear, a MAIL before TLS, a body line that is not dot-stuffed are refused."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@dataclass
class Mail:
    sender: str
    recipients: list[str]
    data: bytes
    tls: bool
    user: str


@dataclass
class Sink:
    """`answers`: replies by verb in place of the usual ones (`RCPT` by address). `login`: user name and password, None for a
    server without AUTH. `silent`: it takes connections and says nothing. `cut`: it hangs up after DATA."""

    tls: Path | None = None
    starttls: bool = True
    login: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    cut: bool = False
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    connections: int = 0


class _Talk:
    def __init__(self, sink: Sink, pipe: socket.socket) -> None:
        self.sink, self.pipe, self.secure, self.user = sink, pipe, False, ""
        self.reader = pipe.makefile("rb")
        self.sender, self.recipients = "", list[str]()

    def say(self, text: str) -> None:
        self.pipe.sendall((text + "\r\n").encode())

    def line(self) -> str:
        raw = self.reader.readline(4096)
        if not raw:
            raise ConnectionResetError
        return raw.decode().rstrip("\r\n")

    def secured(self) -> None:
        assert self.sink.tls is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.sink.tls)
        self.pipe = context.wrap_socket(self.pipe, server_side=True)
        self.reader = self.pipe.makefile("rb")
        self.secure = True

    def run(self) -> None:
        if self.sink.tls is not None and not self.sink.starttls:
            self.secured()
        if self.sink.silent:
            self.reader.readline(4096)
            return
        self.say(self.sink.answers.get("CONNECT", "220 sink ESMTP"))
        while True:
            text = self.line()
            verb = text.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if not self.step(verb, text):
                return

    def step(self, verb: str, text: str) -> bool:
        sink, usual = self.sink, self.sink.answers.get(verb)
        if verb == "EHLO":
            sink.greetings.append(text[5:])
            offers = ["sink", "8BITMIME", "SIZE 1000000"]
            if sink.tls is not None and sink.starttls and not self.secure:
                offers.append("STARTTLS")
            if sink.login is not None and (self.secure or sink.tls is None):
                offers.append("AUTH PLAIN LOGIN")
            for offer in offers[:-1]:
                self.say(f"250-{offer}")
            self.say(f"250 {offers[-1]}")
        elif verb == "STARTTLS":
            self.say("220 go ahead")
            self.secured()
        elif verb == "AUTH":
            self.authenticate(text)
        elif verb == "MAIL":
            needy = (sink.tls is not None and not self.secure) or (sink.login is not None and not self.user)
            self.sender = text.split("<", 1)[1].split(">", 1)[0]
            self.say(usual or ("530 5.7.0 first TLS and a login" if needy else "250 ok"))
        elif verb == "RCPT":
            address = text.split("<", 1)[1].split(">", 1)[0]
            reply = sink.answers.get(f"RCPT {address}", usual or "250 ok")
            if reply.startswith("250"):
                self.recipients.append(address)
            self.say(reply)
        elif verb == "DATA":
            return self.data(usual)
        elif verb in ("RSET", "NOOP"):
            self.say("250 ok")
        else:
            self.say("502 5.5.1 not known")
        return True

    def authenticate(self, text: str) -> None:
        login, way = self.sink.login, text.split(" ")
        if login is None or (self.sink.tls is not None and not self.secure):
            self.say("538 5.7.11 not in the clear")
            return
        if way[1].upper() == "PLAIN":
            if len(way) < 3:
                self.say("334 ")
                way.append(self.line())
            _, user, password = base64.b64decode(way[2]).decode().split("\0")
        else:
            if len(way) < 3:
                self.say("334 VXNlcm5hbWU6")
                way.append(self.line())
            user = base64.b64decode(way[2]).decode()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line()).decode()
        if (user, password) == login:
            self.user = user
            self.say("235 2.7.0 in")
        else:
            self.say(self.sink.answers.get("AUTH", "535 5.7.8 wrong user name or password"))

    def data(self, usual: str | None) -> bool:
        self.say("354 go on")
        lines = []
        while (raw := self.reader.readline(4096)) != b".\r\n":
            if not raw:
                raise ConnectionResetError
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        if self.sink.cut:
            return False
        if usual is None:
            mail = Mail(self.sender, self.recipients, b"".join(lines), self.secure, self.user)
            self.sink.mails.append(mail)
        self.recipients = []
        self.say(usual or "250 2.0.0 kept")
        return True


@contextmanager
def smtp_sink(sink: Sink) -> Iterator[Sink]:
    """Runs the sink on a port of its own until the block ends."""
    server = socket.create_server(("127.0.0.1", 0))
    sink.port = server.getsockname()[1]
    pipes: list[socket.socket] = []

    def talk(pipe: socket.socket) -> None:
        spoken = _Talk(sink, pipe)
        with suppress(OSError, ValueError, IndexError):
            spoken.run()
        with suppress(OSError):
            spoken.reader.close()
            spoken.pipe.close()

    def listen() -> None:
        with suppress(OSError):
            while True:
                pipe, _ = server.accept()
                pipe.settimeout(30)
                sink.connections += 1
                pipes.append(pipe)
                thread = threading.Thread(target=talk, args=(pipe,), daemon=True)
                threads.append(thread)
                thread.start()

    threads: list[threading.Thread] = []
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield sink
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        for pipe in pipes:
            with suppress(OSError):
                pipe.shutdown(socket.SHUT_RDWR)
        for thread in (listener, *threads):
            thread.join(5)
