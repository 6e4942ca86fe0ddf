package cloister.slurm.testing;

/** A line of Slurm that we support, and where the tests get it. */
public enum SlurmLine {
    /** Debian 13. */
    SLURM_24_11("24.11", "trixie", "v0.0.42"),
    /** Debian sid. */
    SLURM_26_05("26.05", "sid", "v0.0.45");

    private final String number;
    private final String debian;
    private final String api;

    SlurmLine(String number, String debian, String api) {
        this.number = number;
        this.debian = debian;
        this.api = api;
    }

    /** Year and month, as Slurm numbers its lines. */
    public String number() {
        return number;
    }

    /** The newest version of its API that we have a client for, as it stands in slurmrestd's paths. */
    public String api() {
        return api;
    }

    String debian() {
        return debian;
    }

    @Override
    public String toString() {
        return "Slurm " + number;
    }
}
