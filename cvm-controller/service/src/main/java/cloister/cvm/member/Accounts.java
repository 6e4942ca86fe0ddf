package cloister.cvm.member;

import cloister.broker.Members;
import cloister.guest.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The members' accounts on this machine: entries in passwd, group and shadow, a home that only its owner enters, and the keys
 * that sshd takes. No account has a password. An account that was not ours before is never touched.
 */
public final class Accounts {
    private static final Pattern LOGIN = Pattern.compile("[a-z][a-z0-9-]{0,30}");
    private static final Pattern KEY = Pattern.compile(
            "(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com)"
                    + " [A-Za-z0-9+/]{16,8192}={0,2}");
    private static final int LOWEST_UID = 5000;
    private static final int HIGHEST_UID = 59999;
    private static final int MOST_KEYS = 32;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    /** Gives a folder to a user and group. */
    public interface Owner {
        void give(Path folder, int uid) throws IOException;
    }

    private final Path root;
    private final Owner owner;

    /**
     * The accounts of a machine.
     *
     * @param root where {@code /etc} and {@code /home} are: {@code /}, save in tests
     */
    public Accounts(Path root, Owner owner) {
        this.root = root;
        this.owner = owner;
    }

    /** Gives ownership by the numeric ids that the file system keeps. */
    public static Owner numeric() {
        return (folder, uid) -> {
            Files.setAttribute(folder, "unix:uid", uid);
            Files.setAttribute(folder, "unix:gid", uid);
        };
    }

    /**
     * Makes the machine's accounts those of the members. Who is a member no more keeps files and user id, and cannot log in.
     *
     * @throws IllegalArgumentException where a member is not one that can have an account; nothing is changed then
     */
    public void converge(Members members) throws IOException {
        members.members().forEach(Accounts::check);
        distinct(members);
        merge(
                "etc/passwd",
                members,
                m -> m.login() + ":x:" + m.uid() + ":" + m.uid() + "::/home/" + m.login() + ":/bin/bash");
        merge("etc/group", members, m -> m.login() + ":x:" + m.uid() + ":");
        merge("etc/shadow", members, m -> m.login() + ":*:20000:0:99999:7:::");
        Path keys = Files.createDirectories(root.resolve("etc/cloister/ssh"));
        for (Members.Member member : members.members()) {
            home(member);
            String lines = String.join("\n", member.sshKeys()) + "\n";
            PrivateFiles.writePublic(keys.resolve(member.login()), lines.getBytes(StandardCharsets.US_ASCII));
        }
        lockOthers(keys, members);
    }

    private void home(Members.Member member) throws IOException {
        Path home = root.resolve("home").resolve(member.login());
        if (!Files.isDirectory(home)) {
            Files.createDirectory(home, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
        owner.give(home, member.uid());
    }

    private static void lockOthers(Path keys, Members members) throws IOException {
        Set<String> logins = new HashSet<>();
        members.members().forEach(member -> logins.add(member.login()));
        try (var files = Files.newDirectoryStream(keys)) {
            for (Path file : files) {
                if (!logins.contains(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    private void merge(String file, Members members, Function<Members.Member, String> line) throws IOException {
        Path path = root.resolve(file);
        boolean secret = file.endsWith("shadow");
        List<String> lines = new ArrayList<>(Files.readAllLines(path, StandardCharsets.UTF_8));
        for (Members.Member member : members.members()) {
            String mine = line.apply(member);
            int at = find(lines, member.login());
            if (at < 0) {
                lines.add(mine);
            } else if (!lines.get(at).equals(mine)) {
                throw new IllegalArgumentException(
                        "member " + member.member() + " has the name of an account that is another's");
            }
        }
        byte[] content = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        if (secret) {
            PrivateFiles.write(path, content);
        } else {
            PrivateFiles.writePublic(path, content);
        }
    }

    private static int find(List<String> lines, String login) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(login + ":")) {
                return i;
            }
        }
        return -1;
    }

    private static void distinct(Members members) {
        Set<String> logins = new HashSet<>();
        Set<Integer> uids = new HashSet<>();
        for (Members.Member member : members.members()) {
            if (!logins.add(member.login()) || !uids.add(member.uid())) {
                throw new IllegalArgumentException("two members have one name or one user id");
            }
        }
    }

    private static void check(Members.Member member) {
        boolean right = LOGIN.matcher(member.login()).matches()
                && member.uid() >= LOWEST_UID
                && member.uid() <= HIGHEST_UID
                && member.sshKeys().size() <= MOST_KEYS
                && member.sshKeys().stream().allMatch(key -> KEY.matcher(key).matches());
        if (!right) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "member %d can have no account here", member.member()));
        }
    }
}
