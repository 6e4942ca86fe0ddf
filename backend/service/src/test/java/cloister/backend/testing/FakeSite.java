package cloister.backend.testing;

import cloister.backend.lease.testing.FakeSlurm;
import cloister.backend.ledger.testing.FakeAccounting;
import cloister.backend.machine.testing.FakeMachines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.util.FileSystemUtils;

/** Slurm and hosts in memory, and settings that fit them. */
@TestConfiguration(proxyBeanMethods = false)
public class FakeSite {
    @Bean
    @Primary
    FakeMachines fakeMachines() {
        return new FakeMachines();
    }

    @Bean
    @Primary
    FakeSlurm fakeSlurm() {
        return new FakeSlurm();
    }

    @Bean
    @Primary
    FakeAccounting fakeAccounting() {
        return new FakeAccounting();
    }

    /** Settings for one application; to be called from a test's {@code @DynamicPropertySource}. */
    public static void settings(DynamicPropertyRegistry registry) {
        Path folder = folder();
        registry.add(
                "cloister.database.data-folder",
                () -> folder.resolve("database").toString());
        registry.add("cloister.socket", () -> folder.resolve("backend.sock").toString());
        registry.add("cloister.broker.address", () -> "127.0.0.1");
        registry.add("cloister.broker.port", () -> 0);
        registry.add(
                "cloister.broker.key-file", () -> folder.resolve("broker.pem").toString());
        registry.add("cloister.slurm.url", () -> "http://127.0.0.1:1");
        registry.add("cloister.slurm.user", () -> "cloister");
        registry.add("cloister.slurm.token-file", () -> folder.resolve("token").toString());
        registry.add("cloister.slurm.partition", () -> "batch");
        registry.add("cloister.slurm.gate-folder", () -> folder.resolve("gate").toString());
        registry.add("cloister.machine.domain-type", () -> "qemu");
        registry.add("cloister.machine.pki", () -> folder.resolve("pki").toString());
        registry.add("cloister.limits.max-cpus", () -> 4);
        registry.add("cloister.limits.max-mem-mib", () -> 4096);
        registry.add("cloister.limits.max-workers", () -> 4);
        registry.add("cloister.limits.max-term-min", () -> 240);
        registry.add("cloister.limits.max-scratch-mib", () -> 4096);
        registry.add("cloister.lease.pass", () -> "50ms");
        registry.add("cloister.lease.host-look", () -> "100ms");
        registry.add("management.server.port", () -> 0);
    }

    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("cloister-test");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try {
            FileSystemUtils.deleteRecursively(folder);
        } catch (IOException e) {
            // A test's folder that stays behind in the temporary folder harms nobody.
            System.err.println(folder + " stays behind: " + e.getMessage());
        }
    }
}
