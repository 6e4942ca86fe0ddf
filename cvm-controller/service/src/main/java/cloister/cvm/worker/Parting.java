package cloister.cvm.worker;

/** Why a worker goes, and so what is left to do. */
public enum Parting {
    /** Nobody needs it: its jobs are done, what it used is noted, and it is given back. */
    RETURNED,
    /** It does not answer, or could not be joined: its jobs are requeued, and it is given back. */
    GIVEN_UP,
    /** The broker has taken it: its jobs are requeued, and there is nothing to give back. */
    TAKEN
}
