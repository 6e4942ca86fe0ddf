package cloister.vpn.testing;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.ImageFromDockerfile;
import org.testcontainers.images.builder.Transferable;

/**
 * A machine with a real charon. The kernel of the machine that runs the tests may have no ESP, so charon encrypts in user space;
 * that changes nothing of what is tested here.
 */
public final class CharonInContainer implements AutoCloseable {
    private static final ImageFromDockerfile IMAGE = new ImageFromDockerfile("cloister-vpn-it", false)
            .withDockerfileFromBuilder(builder -> builder.from("debian:trixie-slim")
                    .run("apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
                            + " charon-systemd libstrongswan-standard-plugins libcharon-extra-plugins iproute2 iputils-ping"
                            + " && rm -rf /var/lib/apt/lists/*")
                    .cmd("sleep", "infinity")
                    .build())
            // Where the engine's own bridge has no way out, the host's network has.
            .withBuildImageCmdModifier(build -> build.withNetworkMode("host"));

    private static final String CONFIGURATION = """
            charon-systemd {
                journal { default = -1 }
                filelog { out { path = stderr
                                default = 1 } }
                load = random nonce x509 constraints pubkey pem pkcs1 pkcs8 openssl kernel-libipsec kernel-netlink \
            socket-default vici
                load_modular = no
                install_routes = yes
                retransmit_tries = 3
                retransmit_timeout = 1.0
                retransmit_base = 1.5
                plugins { vici { socket = unix:///run/vici/charon.vici } }
            }
            """;

    private final GenericContainer<?> container;
    private final Path folder;
    private final String overlay;

    @SuppressWarnings("resource") // closed with this
    public CharonInContainer(Network network, String overlay) throws IOException {
        this.overlay = overlay;
        this.folder = Files.createTempDirectory("vici");
        this.container = new GenericContainer<>(IMAGE)
                .withImagePullPolicy(_ -> false)
                .withNetwork(network)
                .withCopyToContainer(Transferable.of(CONFIGURATION), "/etc/strongswan.conf")
                .withCreateContainerCmdModifier(create -> {
                    var host = create.getHostConfig();
                    if (host == null) {
                        throw new IllegalStateException("a container that is created has a host configuration");
                    }
                    // Not as a file system bind of Testcontainers, which first pulls an image to find out whether those
                    // work.
                    host.withBinds(new Bind(folder.toString(), new Volume("/run/vici")))
                            .withCapAdd(Capability.NET_ADMIN)
                            .withDevices(new Device("rwm", "/dev/net/tun", "/dev/net/tun"))
                            .withInit(true);
                });
        container.start();
        run("ip addr add " + overlay + "/32 dev lo");
    }

    public Path socket() {
        return folder.resolve("charon.vici");
    }

    public String overlay() {
        return overlay;
    }

    public String address() {
        return container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
                .map(network -> String.valueOf(network.getIpAddress()))
                .findFirst()
                .orElseThrow();
    }

    /** Returns when the control socket is there. */
    public void startCharon() throws IOException {
        run("rm -f /run/vici/charon.vici; (setsid /usr/sbin/charon-systemd </dev/null >>/var/log/charon.out 2>&1 &"
                + " echo $! >/run/charon.number)");
        run(
                "for i in $(seq 300); do [ -S /run/vici/charon.vici ] && exec chmod 0777 /run/vici/charon.vici; sleep 0.1; done;"
                        + " exit 1");
    }

    /** Returns when nobody listens on the control socket any more: a process that is killed closes what it has one by one. */
    public void killCharon() throws IOException {
        run("kill -KILL $(cat /run/charon.number)");
        run("for i in $(seq 300); do [ -d /proc/$(cat /run/charon.number) ] || exit 0; sleep 0.1; done; exit 1");
    }

    /** Whether one packet comes back from that overlay address. */
    public boolean reaches(String other) throws IOException {
        return exit("ping -c 1 -W 2 -I " + overlay + " " + other) == 0;
    }

    public String log() throws IOException {
        return container.copyFileFromContainer(
                "/var/log/charon.out", in -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }

    private void run(String script) throws IOException {
        int exit = exit(script);
        if (exit != 0) {
            throw new IOException("exit code " + exit + " of: " + script);
        }
    }

    private int exit(String script) throws IOException {
        try {
            return container.execInContainer("sh", "-c", script).getExitCode();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during: " + script, e);
        }
    }

    @Override
    public void close() throws IOException {
        container.stop();
        try (Stream<Path> left = Files.list(folder)) {
            for (Path file : left.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** How long a wait for something that should happen at once may last on a busy machine. */
    public static Duration patience() {
        return Duration.ofSeconds(30);
    }
}
