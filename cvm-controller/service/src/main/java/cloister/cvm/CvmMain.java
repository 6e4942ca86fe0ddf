package cloister.cvm;

import cloister.guest.TimeScale;

/**
 * The CVM's controller. Without an argument it makes this machine its project's cluster and serves until it is killed; the
 * machine's supervisor starts it again. With {@code train} it runs what a start needs once, without touching the machine, so
 * that a JVM can note it down for its AOT cache.
 */
public final class CvmMain {
    private CvmMain() {}

    /** Ends with 0 after training; with 1, and one line that says why, where it cannot go on; with 2 for wrong arguments. */
    @SuppressWarnings("SystemExitOutsideMain")
    public static void main(String... arguments) {
        System.exit(run(arguments));
    }

    private static int run(String... arguments) {
        try {
            if (arguments.length == 1 && arguments[0].equals("train")) {
                Training.run();
                return 0;
            }
            if (arguments.length > 0) {
                Log.say("usage: CvmMain [train]");
                return 2;
            }
            new Cvm(TimeScale.of(System.getenv())).run();
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (Exception e) {
            Log.say("the controller cannot go on: " + e.getClass().getSimpleName() + ": " + e.getMessage());
            return 1;
        }
    }
}
