package cloister.cvm;

/** Lines on the error stream, for this machine alone. They hold numbers and our own words, never anything of a job. */
final class Log {
    private Log() {}

    static void say(String line) {
        System.err.println(line);
    }
}
