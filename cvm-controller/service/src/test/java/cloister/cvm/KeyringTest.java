package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyringTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path drive;

    @Test
    void each_lease_has_the_key_of_the_cvm_that_asked_for_it() throws Exception {
        MachineKey first = MachineKey.generate();
        MachineKey second = MachineKey.generate();
        MachineKey third = MachineKey.generate();
        new Keyring(drive, first, 1, 1);
        new Keyring(drive, second, 1, 4);
        new Keyring(drive, second, 3, 9);
        Keyring keyring = new Keyring(drive, third, 3, 12);
        assertThat(keyring.of(1).spki()).isEqualTo(first.spki());
        assertThat(keyring.of(3).spki()).isEqualTo(first.spki());
        assertThat(keyring.of(4).spki()).isEqualTo(second.spki());
        assertThat(keyring.of(11).spki())
                .as("a restart of the same controller is no other CVM")
                .isEqualTo(second.spki());
        assertThat(keyring.of(12).spki()).isEqualTo(third.spki());
    }

    @Test
    void a_key_goes_when_no_lease_of_its_cvm_can_live() throws Exception {
        new Keyring(drive, MachineKey.generate(), 1, 1);
        new Keyring(drive, MachineKey.generate(), 1, 4);
        MachineKey third = MachineKey.generate();
        new Keyring(drive, third, 4, 12);
        assertThat(drive.resolve("machines/1.pem")).doesNotExist();
        assertThat(drive.resolve("machines/4.pem")).exists();
        new Keyring(drive, third, 12, 12);
        assertThat(drive.resolve("machines/4.pem")).doesNotExist();
        assertThat(drive.resolve("machines/12.pem")).exists();
    }

    @Test
    void a_cvm_that_asked_for_nothing_leaves_no_key_behind() throws Exception {
        new Keyring(drive, MachineKey.generate(), 1, 1);
        MachineKey second = MachineKey.generate();
        assertThat(new Keyring(drive, second, 1, 1).of(1).spki()).isEqualTo(second.spki());
    }

    @Test
    void the_projects_authority_is_made_once() throws Exception {
        Keyring keyring = new Keyring(drive, MachineKey.generate(), 1, 1);
        var made = keyring.authority(NOW).ca();
        assertThat(new Keyring(drive, MachineKey.generate(), 1, 2)
                        .authority(NOW)
                        .ca())
                .isEqualTo(made);
    }

    @Test
    void a_file_that_is_no_key_stops_the_start() throws Exception {
        Files.createDirectories(drive.resolve("machines"));
        Files.writeString(drive.resolve("machines/x.pem"), "");
        assertThatThrownBy(() -> new Keyring(drive, MachineKey.generate(), 1, 1))
                .isInstanceOf(IOException.class);
    }
}
