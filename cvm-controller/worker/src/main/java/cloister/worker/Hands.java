package cloister.worker;

import cloister.control.Join;
import java.io.IOException;

/** What a worker can do to its machine. Everything may be done twice. */
interface Hands {
    /** Keeps a join where only root reads it, for the next start of the controller. */
    void keep(Join join) throws IOException;

    /** Does one stage of joining, within a limit of its own. */
    void join(Stage stage, Join join) throws IOException, InterruptedException;

    /** Stops slurmd and lets go of the home folders. */
    void stop() throws IOException, InterruptedException;

    /** Turns the machine off. */
    void powerOff(Life.Why why) throws IOException, InterruptedException;
}
