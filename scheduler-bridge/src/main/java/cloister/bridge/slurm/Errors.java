package cloister.bridge.slurm;

import cloister.bridge.Adjustment;
import cloister.bridge.Refusal;
import java.util.Optional;

/**
 * Slurm's error numbers, from slurm/slurm_errno.h of 24.11. Numbers from 2000 to 2199 are slurmctld's own answers; everything
 * else is trouble on the way to it.
 */
final class Errors {
    private static final int FIRST_OF_SLURMCTLD = 2000;
    private static final int LAST_OF_SLURMCTLD = 2199;

    private Errors() {}

    /** Why a submission can never succeed; empty if the same submission may succeed later or may even have succeeded. */
    static Optional<Refusal> refusal(long number) {
        if (number >= 9000 && number <= 9299) return Optional.of(Refusal.MALFORMED);
        if (number < FIRST_OF_SLURMCTLD || number > LAST_OF_SLURMCTLD || passing((int) number)) return Optional.empty();
        return Optional.of(
                switch ((int) number) {
                    case 2000, 2001, 2101 -> Refusal.PARTITION;
                    case 2002 -> Refusal.DENIED;
                    case 2004, 2005, 2006, 2014, 2015, 2025, 2044, 2069 -> Refusal.TOO_BIG;
                    case 2008, 2009, 2012, 2063, 2127 -> Refusal.MALFORMED;
                    case 2010 -> Refusal.USER;
                    case 2045, 2130 -> Refusal.ACCOUNT;
                    case 2050 -> Refusal.POLICY;
                    case 2051 -> Refusal.TIME_LIMIT;
                    case 2057 -> Refusal.WCKEY;
                    case 2066 -> Refusal.QOS;
                    default -> Refusal.OTHER;
                });
    }

    /** slurmctld is full, busy, on standby or out of disk: none of that is about the request. */
    private static boolean passing(int number) {
        return switch (number) {
            case 2007, 2016, 2019, 2020, 2027, 2090, 2105, 2131 -> true;
            default -> false;
        };
    }

    /** What an error says about a change of a job. */
    static Adjustment adjustment(long number, String text) {
        if (gone(number)) return new Adjustment.AlreadyGone();
        Optional<Refusal> refusal = refusal(number);
        if (refusal.isEmpty()) return new Adjustment.Unknown(text);
        return refusal.get() == Refusal.DENIED ? new Adjustment.Denied(text) : new Adjustment.Refused(text);
    }

    /** The job id means nothing to slurmctld. */
    static boolean unknownJob(long number) {
        return number == 2017;
    }

    /** There is nothing left to end: no such job, already completing or completed, finished. */
    static boolean gone(long number) {
        return number == 2017 || number == 2021 || number == 2084;
    }
}
