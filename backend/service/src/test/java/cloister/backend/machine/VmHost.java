package cloister.backend.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A VM host of the site in a container: real libvirtd, QEMU and hook, and a guest that knows only the boot channel. */
final class VmHost {
    private static final String HOST_IMAGE = "cloister/vmhost:test";
    private static final String IMAGE = "cloister/vmhost-it:test";
    private static final Duration BUILD = Duration.ofMinutes(10);
    private static final Duration COMMAND = Duration.ofMinutes(1);

    private final String container;
    private final String address;
    private final Path keys;

    private VmHost(String container, String address, Path keys) {
        this.container = container;
        this.address = address;
        this.keys = keys;
    }

    static VmHost start(Path keys) throws IOException, InterruptedException {
        Path repository = repository();
        run(BUILD, List.of(repository.resolve("compose/lib/base-image").toString()));
        Path images = repository.resolve("compose/images");
        run(
                BUILD,
                List.of(("docker build -q --network host --target vmhost -t " + HOST_IMAGE + " " + images).split(" ")));
        Path own = repository.resolve("backend/service/src/test/resources/cloister/backend/machine/vmhost");
        run(
                BUILD,
                List.of(("docker build -q --network host --build-arg VMHOST=" + HOST_IMAGE + " -t " + IMAGE + " " + own)
                        .split(" ")));
        List<String> command = new ArrayList<>(List.of("docker", "run", "-d", "--init", "--cap-drop=ALL"));
        for (String capability : List.of(
                "CHOWN",
                "DAC_OVERRIDE",
                "FOWNER",
                "FSETID",
                "KILL",
                "MKNOD",
                "NET_ADMIN",
                "NET_RAW",
                "SETGID",
                "SETUID",
                "SETPCAP",
                "SYS_ADMIN",
                "SYS_CHROOT",
                "SYS_NICE",
                "SYS_PTRACE")) {
            command.add("--cap-add=" + capability);
        }
        command.addAll(List.of(
                "--security-opt=seccomp=unconfined",
                "--security-opt=apparmor=unconfined",
                "--device=/dev/net/tun",
                "-v=" + repository.resolve("lua-plugins/host") + ":/host:ro",
                "-v=" + repository.resolve("lua-plugins/global") + ":/global:ro",
                "-v=" + repository.resolve("lua-plugins/example") + ":/example:ro",
                "-v=" + repository.resolve("compose/site/libvirt") + ":/conf:ro",
                IMAGE));
        String container = run(COMMAND, command).strip();
        String address = run(
                        COMMAND,
                        List.of(
                                "docker",
                                "inspect",
                                "-f",
                                "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                                container))
                .strip();
        VmHost host = new VmHost(container, address, keys);
        boolean ready = false;
        try {
            host.in("timeout 60 sh -c 'until virsh -q -c qemu:///system version >/dev/null 2>&1 && test -e /ready;"
                    + " do sleep 0.2; done'");
            run(COMMAND, List.of("docker", "cp", container + ":/pki/client", keys.toString()));
            run(COMMAND, List.of("docker", "cp", container + ":/pki/stranger", keys.toString()));
            ready = true;
        } finally {
            if (!ready) {
                host.remove();
            }
        }
        return host;
    }

    /** What a libvirt URI names it by. */
    String address() {
        return address;
    }

    /** Folder with the keys of a client: {@code client} is allowed, {@code stranger} is not. */
    Path keys(String client) {
        return keys.resolve(client);
    }

    /** Runs a line of shell on the host; its output. */
    String in(String line) throws IOException, InterruptedException {
        return run(COMMAND, List.of("docker", "exec", container, "bash", "-c", line));
    }

    private static String run(Duration limit, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("vmhost", ".out");
        Path errors = Files.createTempFile("vmhost", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start();
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " took longer than " + limit);
            }
            String said = Files.readString(output, StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new AssertionError(
                        command + " failed: " + said + Files.readString(errors, StandardCharsets.UTF_8));
            }
            return said;
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    private static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("compose/images"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new AssertionError("the test runs outside the repository");
        }
        return folder;
    }

    /** Ends and removes the container. */
    void remove() throws IOException, InterruptedException {
        run(COMMAND, List.of("docker", "rm", "-f", "-v", container));
    }
}
