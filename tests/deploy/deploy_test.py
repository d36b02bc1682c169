#!/usr/bin/env python3
"""tools/deploy: every file parses, every option in them is one the binary has, and nothing runs with rights it need not."""
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from deploy_files import DEPLOY, ROOT, commands, compose, containerfile, containers, manifests, unit, units

PENSTOCK = str(pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/release/penstock").resolve())
SANDBOX = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
           "PrivateDevices": "yes", "CapabilityBoundingSet": "", "RestrictNamespaces": "yes", "LockPersonality": "yes",
           "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "User": "penstock", "UMask": "0077"}
MOST_EXPOSURE = 20  # Of 100, as systemd-analyze counts.


@functools.cache
def options_of(verb):
    done = subprocess.run([PENSTOCK, verb, "--help"], capture_output=True, text=True, check=False)
    own = subprocess.run([PENSTOCK, "--help"], capture_output=True, text=True, check=True).stdout
    assert f"Usage: penstock {verb} " in done.stdout, f"penstock has no verb {verb}"
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout + own))


def seconds(value):
    return int(re.fullmatch(r"(\d+)s?", str(value)).group(1))


class Commands(unittest.TestCase):
    def test_every_option_is_one_the_binary_has(self):
        self.assertGreaterEqual(len(commands()), 12)
        for where, words in commands():
            with self.subTest(where=where):
                known = options_of(words[0])
                for word in words[1:]:
                    if word.startswith("-"):
                        self.assertIn(word.split("=")[0], known)

    def test_logs_of_services_are_for_machines(self):
        for where, words in commands():
            if words[0] in ("coordinator", "worker"):
                self.assertIn("--log-format json", " ".join(words).replace("=", " "), where)

    def test_workers_have_less_time_to_drain_than_their_keeper_gives_them(self):
        worker = units()["penstock-worker.service"]["Service"]
        drain = int(re.search(r"--drain-timeout (\d+)", worker["ExecStart"][0]).group(1))
        self.assertGreater(seconds(worker["TimeoutStopSec"][0]), drain)
        for service in compose()["services"].values():
            for word in service["command"]:
                if word.startswith("--drain-timeout="):
                    self.assertGreater(seconds(service["stop_grace_period"]), int(word.split("=")[1]))
        for _, pod, container in containers():
            for word in container["args"]:
                if word.startswith("--drain-timeout="):
                    self.assertGreater(pod["terminationGracePeriodSeconds"], int(word.split("=")[1]))


class Systemd(unittest.TestCase):
    def test_units_run_without_rights(self):
        self.assertEqual(len(units()), 4)
        for name, sections in units().items():
            service = sections["Service"]
            for key, value in SANDBOX.items():
                self.assertEqual(service.get(key), [value], f"{name}: {key}")
            self.assertEqual(service["KillSignal"], ["SIGTERM"], name)
            self.assertIn("TimeoutStopSec", service, name)
            self.assertEqual(sections["Install"]["WantedBy"], ["multi-user.target"], name)

    def test_jobs_are_checked_before_they_start(self):
        for name in ("penstock-submit@.service", "penstock-run@.service"):
            service = units()[name]["Service"]
            self.assertIn("penstock validate ", service["ExecStartPre"][0])
            self.assertEqual(service["ExecStartPre"][0].split()[-1], service["ExecStart"][0].split()[2])

    def test_a_bad_topology_or_command_line_is_not_tried_again(self):
        for name, sections in units().items():
            service = sections["Service"]
            if "Restart" in service:
                self.assertIn("2", service["RestartPreventExitStatus"][0].split(), name)

    def test_secret_keys_come_as_credentials(self):
        for name, sections in units().items():
            loaded = {value.split(":")[0] for value in sections["Service"].get("LoadCredential", [])}
            for key, values in sections["Service"].items():
                for path in re.findall(r"\S*?([\w.-]+\.key)\b", " ".join(values)):
                    self.assertIn(path, loaded, f"{name}: {key}")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_systemd_finds_nothing_wrong(self):
        with tempfile.TemporaryDirectory(prefix="penstock-deploy-") as folder:
            for path in (DEPLOY / "systemd").glob("*.service"):
                copy = pathlib.Path(folder, path.name)
                copy.write_text(path.read_text().replace("/usr/local/bin/penstock", PENSTOCK))
                told = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True,
                                      check=False)
                own = [line for line in told.stderr.splitlines() if path.stem.rstrip("@") in line]
                self.assertEqual(own, [], path.name)
                exposure = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", copy],
                                          capture_output=True, text=True, check=False)
                self.assertEqual(exposure.returncode, 0, exposure.stdout[-300:] + exposure.stderr)

    def test_the_user_is_made(self):
        self.assertRegex((DEPLOY / "systemd" / "penstock.sysusers.conf").read_text(), r"(?m)^u penstock ")


class Container(unittest.TestCase):
    def test_the_image_holds_the_binary_and_runs_it_without_rights(self):
        lines = containerfile()
        bases = [rest for word, rest in lines if word == "FROM"]
        self.assertEqual(len(bases), 2)
        for base in bases:
            self.assertIn("debian:12", base)
        last = lines[max(i for i, line in enumerate(lines) if line[0] == "FROM"):]
        words = dict(last)
        self.assertNotIn(words["USER"].split(":")[0], ("root", "0"))
        self.assertEqual(words["ENTRYPOINT"], '["/usr/local/bin/penstock"]')
        self.assertEqual(words["STOPSIGNAL"], "SIGTERM")
        copied = [rest for word, rest in last if word == "COPY"]
        self.assertEqual(copied, ["--from=build /src/build/release/penstock /usr/local/bin/penstock"])

    @unittest.skipUnless(shutil.which("dpkg-query") and shutil.which("ldd"), "no dpkg here")
    def test_the_image_installs_what_the_binary_is_linked_with(self):
        installed = set(re.findall(r"lib[\w.+-]+", " ".join(rest for word, rest in containerfile() if word == "RUN")))
        depends = subprocess.run(["dpkg-query", "-W", "-f", "${Depends}\n", *sorted(installed)], capture_output=True,
                                 text=True, check=False).stdout
        reached = installed | set(re.findall(r"lib[\w.+-]+", depends)) | {"libc6", "libgcc-s1"}
        needed = re.findall(r"^\s*NEEDED\s+(\S+)", subprocess.run(["objdump", "-p", PENSTOCK], capture_output=True, text=True,
                                                                  check=True).stdout, re.M)
        for library in needed:
            owner = subprocess.run(["dpkg-query", "-S", f"*/{library}*"], capture_output=True, text=True, check=False)
            packages = {line.split(":")[0] for line in owner.stdout.splitlines()}
            if packages:  # What the sanitizers bring is in no package of the image.
                self.assertTrue(packages & reached or library.startswith(("libasan", "libubsan", "libtsan")), library)


class Compose(unittest.TestCase):
    def test_a_coordinator_and_two_workers_without_rights(self):
        services = compose()["services"]
        self.assertEqual([service["command"][0] for service in services.values()], ["coordinator", "worker", "worker"])
        for name, service in services.items():
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["stop_signal"], "SIGTERM", name)

    def test_every_secret_and_volume_is_declared_and_used(self):
        whole = compose()
        used = {secret for service in whole["services"].values() for secret in service["secrets"]}
        self.assertEqual(used, set(whole["secrets"]))
        for name, service in whole["services"].items():
            words = [*service["command"], *service.get("healthcheck", {}).get("test", [])]
            named = {match for word in words for match in re.findall(r"/run/secrets/([\w.-]+)", word)}
            self.assertEqual(named, set(service["secrets"]), name)
            for volume in service.get("volumes", []):
                self.assertIn(volume.split(":")[0], whole["volumes"])

    def test_only_this_machine_reaches_the_control_port(self):
        for service in compose()["services"].values():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_the_image_is_built_from_the_containerfile_and_the_root(self):
        build = compose()["services"]["coordinator"]["build"]
        context = (DEPLOY / "compose" / build["context"]).resolve()
        self.assertEqual(context, ROOT)
        self.assertTrue((context / build["dockerfile"]).is_file())


class Kubernetes(unittest.TestCase):
    def test_every_object_is_one(self):
        kinds = [document["kind"] for _, document in manifests()]
        for kind in ("Namespace", "Secret", "Service", "Deployment", "StatefulSet", "NetworkPolicy", "Kustomization"):
            self.assertIn(kind, kinds)
        for name, document in manifests():
            self.assertIn("apiVersion", document, name)

    def test_containers_run_without_rights_and_are_probed(self):
        found = list(containers())
        self.assertEqual(len(found), 2)
        for where, pod, container in found:
            self.assertTrue(pod["securityContext"]["runAsNonRoot"], where)
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, where)
            self.assertFalse(pod["automountServiceAccountToken"], where)
            self.assertEqual(container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                            "capabilities": {"drop": ["ALL"]}}, where)
            self.assertIn("readinessProbe", container, where)
            self.assertIn("limits", container["resources"], where)
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            self.assertEqual(mounted, {volume["name"] for volume in pod["volumes"]}, where)

    def test_keys_that_are_named_are_in_the_secrets(self):
        secrets = {document["metadata"]["name"]: document["stringData"] for _, document in manifests()
                   if document["kind"] == "Secret"}
        for where, pod, container in containers():
            keys = next(volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume)
            texts = [*container["args"], *(str(item.get("value", "")) for item in container["env"]),
                     *(word for key in container if key.endswith("Probe") for word in container[key]["exec"]["command"])]
            for text in texts:
                for name in re.findall(r"/etc/penstock/([\w.()$-]+)", text):
                    name = name.replace("$(PENSTOCK_NAME)", "worker-0")
                    self.assertIn(name, secrets[keys], where)

    def test_secrets_hold_nothing(self):
        for name, document in manifests():
            if document["kind"] == "Secret":
                self.assertEqual(set(document["stringData"].values()), {"PUT THE FILE'S CONTENT HERE"}, name)

    def test_services_select_pods_and_policies_know_them(self):
        pods = [document["spec"]["template"]["metadata"]["labels"] for _, document in manifests()
                if "template" in document.get("spec", {})]
        for name, document in manifests():
            spec = document.get("spec", {})
            wanted = spec.get("selector") if document["kind"] == "Service" else \
                spec.get("selector", spec.get("podSelector", {})).get("matchLabels")
            if wanted:
                self.assertTrue(any(wanted.items() <= labels.items() for labels in pods), f"{name}: {wanted}")

    def test_the_kustomization_names_what_is_there(self):
        whole = next(document for _, document in manifests() if document["kind"] == "Kustomization")
        for resource in whole["resources"]:
            self.assertTrue((DEPLOY / "kubernetes" / resource).is_file(), resource)
        self.assertNotIn("secret.example.yaml", whole["resources"])

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not here")
    def test_kubectl_puts_it_together(self):
        done = subprocess.run(["kubectl", "kustomize", DEPLOY / "kubernetes"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("kind: StatefulSet", done.stdout)


class Documentation(unittest.TestCase):
    def test_every_file_is_explained(self):
        page = (ROOT / "docs" / "deploying.md").read_text()
        for path in DEPLOY.rglob("*"):
            if path.is_file() and path.name != "README.md":
                self.assertIn(path.name, page)

    def test_commands_of_the_page_have_only_options_the_binary_has(self):
        for name in ("deploying.md", "cluster.md"):
            text = re.sub(r"\\\n\s*", " ", (ROOT / "docs" / name).read_text())
            for verb, rest in re.findall(r"^ {4}.*?(?<!-n )(?<!namespace )penstock(?::[\d.]+)? ([a-z]+)\b([^\n#|`]*)", text, re.M):
                for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest):
                    self.assertIn(option, options_of(verb), f"{name}: penstock {verb}{rest}")

    def test_units_are_read_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "a.service")
            path.write_text("[Service]\nA=1\n# no\nA=2 \\\n 3\n")
            self.assertEqual(unit(path), {"Service": {"A": ["1", "2   3"]}})


if __name__ == "__main__":
    unittest.main()
