package cloister.cvm;

import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.guest.PrivateFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Waits for the key of the drive. Members bring it by ssh; {@code /usr/lib/cloister/unlock}, all that ssh runs then, writes it to
 * a pipe that only root reads. Whoever has the right key is the project's owner: nothing else is asked of them.
 */
final class Unlocking {
    private static final int KEY_BYTES = 64;

    /** {@code open ID BASE64}: what is longer is none of ours. */
    private static final int LONGEST_LINE = 128;

    private final DataVolume volume;
    private final Commands commands;
    private final Path folder;

    /**
     * The way of the key.
     *
     * @param folder of pipe and answer, in memory
     */
    Unlocking(DataVolume volume, Commands commands, Path folder) {
        this.volume = volume;
        this.commands = commands;
        this.folder = folder;
    }

    /** What somebody brought. */
    static final class Brought {
        private final boolean fresh;
        private final String id;
        private final byte[] key;

        private Brought(boolean fresh, String id, byte[] key) {
            this.fresh = fresh;
            this.id = id;
            this.key = key;
        }
    }

    /** Makes the pipe, lets {@code door} open, and returns once the drive is open. */
    void await(Door door) throws IOException, InterruptedException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path pipe = folder.resolve("key");
        Files.deleteIfExists(pipe);
        commands.checked(Command.of("mkfifo", "-m", "622", pipe.toString()));
        answer("none", "waiting");
        // Open for both: a pipe without a writer is at its end, with one it waits.
        try (RandomAccessFile keys = new RandomAccessFile(pipe.toFile(), "rw")) {
            door.open();
            while (volume.state() != DataVolume.State.OPEN) {
                Optional<Brought> brought = read(keys);
                if (brought.isPresent()) {
                    Brought one = brought.get();
                    DataVolume.Answer answer = one.fresh ? volume.make(one.key) : volume.open(one.key);
                    Arrays.fill(one.key, (byte) 0);
                    Log.say("somebody brought a key for the drive: " + answer.word());
                    answer(one.id, answer.word());
                }
            }
        }
        Files.delete(pipe);
    }

    /** What lets members in. */
    interface Door {
        void open() throws IOException, InterruptedException;
    }

    private void answer(String id, String word) throws IOException {
        PrivateFiles.writePublic(
                folder.resolve("answer"), (id + " " + word + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static Optional<Brought> read(RandomAccessFile keys) throws IOException {
        byte[] line = new byte[LONGEST_LINE];
        try {
            int length = 0;
            for (int next = keys.read(); next != '\n'; next = keys.read()) {
                if (next < 0) {
                    throw new IOException("the pipe for the drive's key was closed");
                }
                if (length < line.length) {
                    line[length] = (byte) next;
                }
                length++;
            }
            return length > line.length ? Optional.empty() : parse(Arrays.copyOf(line, length));
        } finally {
            Arrays.fill(line, (byte) 0);
        }
    }

    /** Nothing where it isn't a line that {@code unlock} writes. */
    static Optional<Brought> parse(byte[] line) {
        String[] words = new String(line, StandardCharsets.US_ASCII).split(" ", -1);
        Arrays.fill(line, (byte) 0);
        if (words.length != 3 || !words[0].matches("open|make") || !words[1].matches("[A-Za-z0-9]{1,16}")) {
            return Optional.empty();
        }
        try {
            byte[] key = Base64.getDecoder().decode(words[2]);
            return key.length == KEY_BYTES
                    ? Optional.of(new Brought(words[0].equals("make"), words[1], key))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
