"""A mail server around aiosmtpd, on 127.0.0.1 only. What it does with a mail is in the file `behaviour`, which is
read anew for each command; what it took is in the file `mails`, a line each."""

import asyncio
import email
import email.policy
import fnmatch
import json
import ssl
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

settings = json.loads(sys.argv[1])
connections = 0
lost = 0


def behaviour():
    with open("behaviour") as file:
        return json.load(file)


def refusal(command, address):
    for rule in behaviour()["refusals"]:
        if rule["command"] == command and fnmatch.fnmatch(address, rule["pattern"]):
            return rule["reply"]
    return None


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (
        settings["user"],
        settings["password"],
    )
    return AuthResult(success=right, handled=False, auth_data=data.login.decode() if right else None)


def part(content, kind):
    body = email.message_from_bytes(content, policy=email.policy.default).get_body((kind,))
    return body.get_content() if body else ""


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = refusal("MAIL", address)
        if reply:
            return reply
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = refusal("RCPT", address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        global lost
        told = behaviour()
        reply = refusal("DATA", envelope.rcpt_tos[0])
        if reply:
            return reply
        await asyncio.sleep(told["delay_ms"] / 1000)
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode(),
            "text": part(envelope.content, "plain"),
            "html": part(envelope.content, "html"),
            "greeting": session.host_name,
            "login": session.auth_data,
            "encrypted": session.ssl is not None or settings["encryption"] == "from_the_start",
            "connection": server.number,
        }
        with open("mails", "a") as file:
            file.write(json.dumps(mail) + "\n")
        if lost < told["lost_replies"]:
            lost += 1
            server.transport.abort()
        return "250 2.0.0 taken"


class Server(SMTP):
    """Counts connections."""

    def connection_made(self, transport):
        global connections
        # A second time once it is encrypted.
        if not hasattr(self, "number"):
            connections += 1
            self.number = connections
        super().connection_made(transport)


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("certificate.pem", "key.pem")
    return context


def make():
    encryption = settings["encryption"]
    wants_login = settings["user"] is not None
    return Server(
        Handler(),
        hostname="mail.test",
        tls_context=tls() if encryption == "starttls" else None,
        require_starttls=encryption == "starttls",
        authenticator=authenticate if wants_login else None,
        auth_required=wants_login,
        auth_require_tls=encryption == "starttls",
        enable_SMTPUTF8=settings["knows_utf8"],
    )


async def serve():
    context = tls() if settings["encryption"] == "from_the_start" else None
    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", settings["port"], ssl=context
    )
    print("listening at", time.time(), flush=True)
    await server.serve_forever()


asyncio.run(serve())
