"""--compat-volumes: VOLUME makes directories, and RUN changes nothing in them."""

import harness
import run_harness


class CompatVolumes(run_harness.RunTest):
    def build_lines(self, *lines, **how):
        return self.run_lines(*lines, options=["--compat-volumes"], **how)

    def shown_tree(self):
        return sorted(name for index in range(len(self.image(self.work / "image")[0]["layers"]))
                      for name in self.paths(index))

    def test_what_run_changes_is_lost_and_what_copy_brings_stays(self):
        self.write("f", "text")
        result = self.build_lines("COPY f /v/before", "VOLUME /v /made/here",
                                  "RUN rm /v/before && echo x > /v/x && chmod 700 /v && touch /made/here/y /kept",
                                  "RUN ls /v /made/here", "COPY f /v/after")
        self.assertIn("\n/made/here:\n\n/v:\nbefore\n", result.err)
        self.assertIn("kept", self.paths(-3))
        self.assertEqual(self.paths(-1), ["v/after"])
        self.assertEqual([name for name in self.shown_tree() if name.startswith(("v/", "made"))],
                         ["made", "made/here", "v/after", "v/before"])

    def test_without_it_all_stays(self):
        self.run_lines("VOLUME /v", "RUN mkdir /v && echo x > /v/x")
        self.assertEqual(self.paths(), ["v", "v/x"])

    def test_history_and_configuration(self):
        self.build_lines("VOLUME /v", "RUN true", "VOLUME /tmp")
        manifest, config = self.image(self.work / "image")
        self.assertEqual(config["config"]["Volumes"], {"/v": {}, "/tmp": {}})
        with_layers = [entry["created_by"] for entry in config["history"] if not entry.get("empty_layer")]
        self.assertEqual(len(with_layers), len(manifest["layers"]))
        self.assertIn("VOLUME [/v]", with_layers)

    def test_symlinks_on_the_way(self):
        result = self.build_lines("RUN mkdir /data && ln -s /data/log /link", "VOLUME /link/bin",
                                  "RUN touch /data/log/bin/lost /data/log/kept", "RUN ls -A /data/log/bin; echo empty")
        self.assertIn("\nempty\n", result.err)
        self.assertIn("data/log/kept", self.shown_tree())
        self.assertIn("data/log/bin", self.shown_tree())

    def test_symlink_to_itself(self):
        result = self.build_lines("RUN ln -s /self /self", "VOLUME /self/v", status=3)
        self.assertRegex(result.err, r"Dockerfile:3:8: error: .*too many levels of symbolic links")

    def test_volumes_of_the_base(self):
        self.make_base("with-volume", "VOLUME /old", start=f"oci:{self.bases / 'base'}")
        self.build_lines("RUN touch /old/c /new", name="with-volume")
        self.assertEqual(self.paths(), ["new"])

    def test_a_new_volume_runs_the_command_again(self):
        self.dockerfile(*self.on_base("VOLUME /v", "RUN echo ran; touch /old/c"))
        folder = self.plan(options=["--compat-volumes"])
        self.assertIn("ran\n", self.ninja(folder).out)
        self.assertEqual(self.ninja_titles(folder), [])
        self.dockerfile(*self.on_base("VOLUME /v /old", "RUN echo ran; touch /old/c"))
        self.assertIn("ran\n", self.ninja(folder).out)


if __name__ == "__main__":
    harness.main()
