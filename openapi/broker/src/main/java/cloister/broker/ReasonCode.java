package cloister.broker;

/** Why a lease is where it is. Codes are stable; the text is for people. */
public enum ReasonCode {
    NONE("nothing to say"),
    QUEUED_PRIORITY("waiting in the cluster's queue behind jobs of higher priority"),
    QUEUED_RESOURCES("waiting for resources of the cluster"),
    QUEUED_LIMIT("the cluster's limit for this project is reached"),
    QUEUED_HELD("held by an administrator of the cluster"),
    QUEUED_PAUSED("the site lets nothing new start at the moment"),
    QUEUED_ACCOUNT("waiting until the cluster's accounting knows this project and member"),
    QUEUED_OTHER("waiting in the cluster's queue"),
    BOOTING("workers are starting"),
    SUSPENDED("suspended by an administrator of the cluster"),
    RELEASED("given back by the project"),
    TERM_REACHED("the term of the lease is over"),
    CANCELLED_BY_ADMIN("cancelled by an administrator of the cluster"),
    PREEMPTED("preempted by a job of higher priority"),
    HOST_LOST("a host of the lease was lost"),
    WORKER_LOST("a worker of the lease was lost"),
    BOOT_FAILED("a worker did not start in time"),
    REFUSED_BY_CLUSTER("the cluster refused the request"),
    CLUSTER_FAILED("the cluster ended the lease for a reason of its own"),
    DAY_LIMIT("the project's limit for today is reached");

    private final String text;

    ReasonCode(String text) {
        this.text = text;
    }

    /** One line for a person, without a full stop. */
    public String text() {
        return text;
    }
}
