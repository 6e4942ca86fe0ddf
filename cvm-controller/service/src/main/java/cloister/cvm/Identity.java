package cloister.cvm;

import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who this CVM is from its start to its end: keys of its own, in its memory. They are said in its hello, before its drive can be
 * opened, so they cannot lie there; what has to outlive it does. Prints nothing secret.
 */
final class Identity {
    private static final Pattern PUBLIC = Pattern.compile("(ssh-ed25519 [A-Za-z0-9+/]{68}={0,2})( .*)?\\s*");

    private final Path folder;
    private final Commands commands;

    /**
     * The identity in a folder.
     *
     * @param folder in memory, for root alone
     */
    Identity(Path folder, Commands commands) {
        this.folder = folder;
        this.commands = commands;
    }

    /** The key of this machine, for TLS and IKE. */
    MachineKey key() throws IOException {
        Path file = folder.resolve("machine.pem");
        if (Files.exists(file)) {
            return MachineKey.load(file);
        }
        MachineKey key = MachineKey.generate();
        key.store(file);
        return key;
    }

    /** The public half of sshd's key, without a comment. */
    String sshHostKey() throws IOException, InterruptedException {
        Path file = folder.resolve("ssh_host_ed25519_key");
        Path half = folder.resolve("ssh_host_ed25519_key.pub");
        if (!Files.exists(half)) {
            // One without the other is left by a crash in between.
            Files.deleteIfExists(file);
            commands.checked(
                    Command.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "cvm", "-f", file.toString()));
        }
        Matcher matcher = PUBLIC.matcher(Files.readString(half, StandardCharsets.US_ASCII));
        if (!matcher.matches()) {
            throw new IOException(half + " is no ed25519 key");
        }
        return matcher.group(1);
    }
}
