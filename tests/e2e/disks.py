"""Small disks that fill up or are read-only: these need root, and a machine that lets it mount."""

import errno
import pathlib
import subprocess
import tempfile

from server import TestCase


class DiskTestCase(TestCase):
    def mount(self, size):
        """A disk of so many bytes, with the suffixes of mount; skips where there can be none."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="discovery-disk-"))
        self.addCleanup(directory.rmdir)
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)]
        try:
            subprocess.run(mounting, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as fault:
            self.skipTest(f"no small disk can be mounted: {fault}")
        self.addCleanup(subprocess.run, ["umount", directory], check=True)
        return directory

    def remount(self, directory, option):
        subprocess.run(["mount", "-o", f"remount,{option}", directory], check=True)

    @staticmethod
    def fill(path):
        """Takes all room that is left."""
        with path.open("wb", buffering=0) as ballast:
            for size in (4096, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError as fault:
                    if fault.errno != errno.ENOSPC:
                        raise
