package cloister.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A folder that looks to the controller like the root of a guest in which everything goes well. */
final class PretendGuest {
    private PretendGuest() {}

    static void make(Path root) throws IOException {
        for (String folder : List.of(
                "etc",
                "run/cloister",
                "tmp",
                "proc/self",
                "proc/net",
                "proc/sys/kernel",
                "proc/1",
                "sys/class/net",
                "sys/fs/cgroup/system.slice/w1-1_slurmstepd.scope")) {
            Files.createDirectories(root.resolve(folder));
        }
        Files.writeString(
                root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nslurm:x:64030:64030::/:/bin/false\n");
        Files.writeString(root.resolve("etc/group"), "root:x:0:\nslurm:x:64030:\n");
        Files.writeString(root.resolve("run/charon.vici"), "");
        Files.writeString(root.resolve("proc/uptime"), "21.50 20.00\n");
        Files.writeString(root.resolve("proc/1/comm"), "runit\n");
        Files.writeString(root.resolve("proc/self/mounts"), """
                /dev/mapper/scratch /scratch ext4 rw 0 0
                10.99.0.1:/ /home nfs4 rw 0 0
                """);
        Files.writeString(root.resolve("proc/net/tcp"), """
                  sl  local_address rem_address   st tx_queue rx_queue
                   0: 1000630A:1AA2 00000000:0000 0A 00000000:00000000
                """);
        Path scope = root.resolve("sys/fs/cgroup/system.slice/w1-1_slurmstepd.scope");
        Files.writeString(scope.resolve("cpu.stat"), "usage_usec 12345678\nuser_usec 1\n");
        Files.writeString(scope.resolve("memory.peak"), "1048577\n");
    }
}
