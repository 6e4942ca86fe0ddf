package cloister.cli.doctor;

import java.nio.file.Path;
import java.util.Optional;

/** Files and folders of this machine. */
interface Disk {
    /** What lies at a path; a link is followed. */
    record Entry(boolean folder, boolean file, long uid, long gid, int mode) {
        /** The permission bits as an administrator writes them. */
        String rights() {
            return String.format("%04o", mode & 07777);
        }
    }

    /** Nothing where there is nothing; unseen where it can't be told. */
    Known<Optional<Entry>> entry(Path path);

    /** The text of a small file; nothing where there is none. */
    Known<Optional<String>> text(Path path);
}
