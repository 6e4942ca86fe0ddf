package cloister.worker;

import cloister.control.Account;
import cloister.guest.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The members' accounts on a worker, below the image's own, so that jobs find a name, a home and a shell for their user id: a
 * job without its submitter's environment ({@code --export=NONE}) gets the one that a login makes. Nobody can log in here: no
 * password fits, and no daemon asks for one.
 */
final class Accounts {
    private final Path etc;
    private final Path state;

    Accounts(Path etc, Path state) {
        this.etc = etc;
        this.state = state;
    }

    /** Makes these the members' accounts; those of an earlier list are gone. */
    void write(List<Account> accounts) throws IOException {
        write(
                "passwd",
                accounts,
                account -> account.login() + ":*:" + account.uid() + ":" + account.uid() + "::/home/" + account.login()
                        + ":/bin/bash");
        write("group", accounts, account -> account.login() + ":x:" + account.uid() + ":");
    }

    /** How an account stands in a file. */
    private interface Line {
        String of(Account account);
    }

    private void write(String file, List<Account> accounts, Line line) throws IOException {
        Path kept = state.resolve(file + ".image");
        if (!Files.exists(kept)) {
            PrivateFiles.write(kept, Files.readAllBytes(etc.resolve(file)));
        }
        String image = Files.readString(kept, StandardCharsets.UTF_8);
        var whole = new StringBuilder(image);
        if (!image.isEmpty() && !image.endsWith("\n")) {
            whole.append('\n');
        }
        for (Account account : accounts) {
            if (image.lines().anyMatch(taken -> collides(taken, account))) {
                throw new IOException("the image's " + file + " has that name or number already: " + account.login());
            }
            whole.append(line.of(account)).append('\n');
        }
        PrivateFiles.writePublic(etc.resolve(file), whole.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The third field of both files is the number. */
    private static boolean collides(String taken, Account account) {
        String[] fields = taken.split(":", -1);
        return fields[0].equals(account.login())
                || (fields.length > 2 && fields[2].equals(Integer.toString(account.uid())));
    }
}
