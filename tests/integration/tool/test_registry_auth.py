"""Who we are to registries: where credentials come from, and where they never go."""

import base64
import json
import os
import shutil
import subprocess

import harness
import registries
import registry_test

# "secret" by bcrypt, which is all that the registry takes.
HASHED = "$2b$04$mWVKeGryMxrLdFoPJDIZQ.QYlireSvsGq6MzNXPB2Tt5Yy15ebRx6"


def auth(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


class Auth(registry_test.RegistryTest):
    def from_base(self, name, status=0, **how):
        """Build FROM the image, everything fetched anew."""
        shutil.rmtree(self.store, ignore_errors=True)
        self.dockerfile(f"FROM {name}")
        result = self.slipway("build", self.context, status=status, **how)
        for secret in ("secret", "wrong-password", "identity", base64.b64encode(b"user:secret").decode()):
            self.assertNotIn(secret, result.out + result.err)
        return result

    def config(self, content, path=".docker/config.json"):
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
        return file

    def login(self, server, password="secret", user="user", status=0, **how):
        process = subprocess.run([harness.tool(), "login", "-u", user, "--password-stdin", server], check=False,
                                 input=password.encode() + b"\n", capture_output=True, env=self.environment(**how))
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertNotIn(password, (process.stdout + process.stderr).decode())
        return process.stderr.decode()


class Tokens(Auth):
    """Bearer tokens."""

    def setUp(self):
        super().setUp()
        self.publish_base()
        self.server = registries.TokenServer(self.registry)
        self.addCleanup(self.server.close)
        self.base = f"{self.server.name}/base:1"

    def test_anonymous(self):
        self.server.admits_anonymous = True
        self.from_base(self.base)
        self.assertEqual(self.server.token_requests, [("GET", ["repository:base:pull"])])

    def test_nobody_is_refused(self):
        result = self.from_base(self.base, status=5)
        self.assertIn(f"log in to '{self.server.name}'", result.err)
        self.assertIn(f"slipway login {self.server.name}", result.err)

    def test_password(self):
        self.config({"auths": {self.server.name: auth("user", "secret")}})
        self.from_base(self.base)
        self.assertEqual(self.server.token_requests, [("GET", ["repository:base:pull"])])

    def test_wrong_password(self):
        self.config({"auths": {self.server.name: auth("user", "wrong-password")}})
        self.assertIn("does not accept the user and password", self.from_base(self.base, status=5).err)

    def test_identity_token(self):
        self.config({"auths": {self.server.name: {"identitytoken": "identity"}}})
        self.from_base(self.base)
        self.assertEqual(self.server.token_requests, [("POST", ["repository:base:pull"])])

    def test_places(self):
        entry = {"auths": {self.server.name: auth("user", "secret")}}
        other = {"auths": {self.server.name: auth("user", "wrong-password")}}
        for path, variables in ((".config/containers/auth.json", {}),
                                ("run/containers/auth.json", {"XDG_RUNTIME_DIR": "run"}),
                                ("docker/config.json", {"DOCKER_CONFIG": "docker"}),
                                ("named.json", {"REGISTRY_AUTH_FILE": "named.json"})):
            file = self.config(entry, path)
            # A later one in line does not count.
            later = self.config(other if variables else {})
            self.from_base(self.base, env={name: str(self.home / value) for name, value in variables.items()})
            file.unlink()
            later.unlink()

    def test_longest_key_that_fits(self):
        self.publish(self.plain / "base", "org/team/base:1")
        self.config({"auths": {self.server.name: auth("user", "wrong-password"),
                               f"{self.server.name}/org": auth("user", "secret")}})
        self.from_base(f"{self.server.name}/org/team/base:1")
        self.from_base(self.base, status=5)
        self.config({"auths": {f"https://{self.server.name}/v2/": auth("user", "secret")}})
        self.from_base(self.base)

    def helper(self, answer, status=0):
        """A credential helper in the PATH; its log and the PATH."""
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "docker-credential-mine"
        log = self.home / "log"
        program.write_text(f"#!/bin/sh\nprintf '%s ' \"$1\" >> '{log}'; cat >> '{log}'; echo >> '{log}'\n"
                           f"[ \"$1\" = get ] || exit 0\necho '{answer}'\nexit {status}\n")
        program.chmod(0o755)
        return log, {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_helpers(self):
        for config in ({"credHelpers": {self.server.name: "mine"}}, {"credsStore": "mine"}):
            self.config(config)
            log, path = self.helper('{"Username": "user", "Secret": "secret"}')
            self.from_base(self.base, env=path)
            self.assertEqual(log.read_text(), f"get {self.server.name}\n")
            log.unlink()
        log, path = self.helper('{"Username": "<token>", "Secret": "identity"}')
        self.from_base(self.base, env=path)
        self.assertEqual(self.server.token_requests[-1][0], "POST")

    def test_helper_without_an_answer(self):
        self.config({"credsStore": "mine", "auths": {self.server.name: auth("user", "secret")}})
        _, path = self.helper("credentials not found in native keychain", 1)
        self.from_base(self.base, env=path)
        _, path = self.helper("out of order", 1)
        self.assertIn("run credential helper 'docker-credential-mine get': it exited with status 1",
                      self.from_base(self.base, status=4, env=path).err)
        _, path = self.helper("secret")
        self.assertIn("its answer is no JSON object", self.from_base(self.base, status=4, env=path).err)

    def test_damaged_file(self):
        file = self.config({})
        file.write_text('{"auths": secret')
        self.assertIn(f"read '{file}': it is no JSON object", self.from_base(self.base, status=3).err)

    def test_login_and_logout(self):
        self.assertIn("does not accept", self.login(self.server.name, "wrong-password", status=5))
        self.config({"credHelpers": {}, "detachKeys": "ctrl-e"})
        self.login(f"http://{self.server.name}/v2/")
        file = self.home / ".docker/config.json"
        self.assertEqual(json.loads(file.read_text()),
                         {"credHelpers": {}, "detachKeys": "ctrl-e",
                          "auths": {self.server.name: auth("user", "secret")}})
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.from_base(self.base)
        self.assertIn("Removed", self.slipway("logout", self.server.name).out)
        self.assertEqual(json.loads(file.read_text())["auths"], {})
        self.assertIn("Not logged in", self.slipway("logout", self.server.name).out)

    def test_login_by_a_helper(self):
        self.config({"credsStore": "mine"})
        log, path = self.helper('{"Username": "user", "Secret": "secret"}')
        self.login(self.server.name, **path)
        self.assertIn(f'store {{"ServerURL":"{self.server.name}","Username":"user","Secret":"secret"}}', log.read_text())
        self.assertNotIn("auths", (self.home / ".docker/config.json").read_text())
        self.slipway("logout", self.server.name, env=path)
        self.assertIn(f"erase {self.server.name}\n", log.read_text())

    def test_login_without_a_terminal(self):
        self.assertIn("there is no terminal", self.slipway("login", self.server.name, status=2).err)
        self.assertIn("is no registry's host", self.slipway("login", "a b/c", status=2).err)


class Basic(Auth):
    """A registry that wants a user and a password with each request."""

    def setUp(self):
        super().setUp()
        base = self.publish_base()
        self.registry.close()
        (self.plain / "htpasswd").write_text(f"user:{HASHED}\n")
        self.registry = registries.Registry(
            self.plain / "registry", REGISTRY_AUTH="htpasswd", REGISTRY_AUTH_HTPASSWD_REALM="tests",
            REGISTRY_AUTH_HTPASSWD_PATH=str(self.plain / "htpasswd"))
        self.addCleanup(self.registry.close)
        self.base = f"{self.registry.name}/{base.partition('/')[2]}"

    def test_basic_password(self):
        self.assertIn(f"access to '{self.registry.name}/base' is denied", self.from_base(self.base, status=5).err)
        self.assertIn("does not accept", self.login(self.registry.name, "wrong-password", status=5))
        self.login(self.registry.name)
        self.from_base(self.base)

    def test_login_of_others(self):
        """What skopeo was told."""
        file = self.home / "auth.json"
        subprocess.run(["skopeo", "login", "--tls-verify=false", "--authfile", file, "-u", "user", "--password-stdin",
                        self.registry.name], input=b"secret", check=True, capture_output=True, env=self.environment())
        self.from_base(self.base, env={"REGISTRY_AUTH_FILE": str(file)})


class Certificates(Auth):
    """A registry with TLS and a demand for our certificate."""

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self.plain)

    def setUp(self):
        super().setUp()
        self.need("openssl")
        base = self.publish_base()
        self.registry.close()
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
                     "-subj", "/CN=tests")
        for name in ("server", "client"):
            (self.plain / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\n")
            self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                         "-subj", f"/CN={name}")
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                         "-out", f"{name}.crt", "-days", "2", "-extfile", f"{name}.ext")
        tls = {"REGISTRY_HTTP_TLS_CERTIFICATE": str(self.plain / "server.crt"),
               "REGISTRY_HTTP_TLS_KEY": str(self.plain / "server.key"),
               "REGISTRY_HTTP_TLS_CLIENTCAS": f"[{self.plain}/ca.crt]"}
        self.registry = registries.Registry(self.plain / "registry", **tls)
        self.addCleanup(self.registry.close)
        self.base = f"{self.registry.name}/{base.partition('/')[2]}"
        self.folder = self.home / ".config/containers/certs.d" / self.registry.name
        self.folder.mkdir(parents=True)

    def test_trust(self):
        self.assertIn("is not trusted", self.from_base(self.base, status=5).err)
        shutil.copy(self.plain / "ca.crt", self.folder / "ca.crt")
        self.from_base(self.base, status=5)  # who are we?
        shutil.copy(self.plain / "client.crt", self.folder / "client.cert")
        self.assertIn("has no 'client.key' beside it", self.from_base(self.base, status=3).err)
        shutil.copy(self.plain / "client.key", self.folder / "client.key")
        self.from_base(self.base)


if __name__ == "__main__":
    harness.main()
