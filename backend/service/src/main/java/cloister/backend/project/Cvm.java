package cloister.backend.project;

import cloister.isolation.Ipv4;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The life of a project's CVM. The states are ours; what a host says comes as events.
 *
 * <p>A CVM that was lost is not started again by itself: its volume's key was in its memory, so a new one begins blank, and
 * only an operator can want that.
 */
public sealed interface Cvm {
    /**
     * There is none.
     *
     * @param why what ended the last one; {@link Why#ASKED} where there never was one
     */
    record Off(Why why) implements Cvm {}

    /**
     * It is to be started, or boots.
     *
     * @param place where
     * @param deadline when it is given up
     */
    record Starting(Place place, Instant deadline) implements Cvm {}

    /**
     * It said hello: its key is the project's word from now on.
     *
     * @param place where
     * @param spki of the only key that may speak for the project
     * @param sshHostKey {@code ssh-ed25519 BASE64} of its sshd
     * @param image version of its image
     */
    record Up(Place place, Spki spki, String sshHostKey, int image) implements Cvm {}

    /**
     * Its domain and volume are to be taken away.
     *
     * @param place where
     * @param why what for
     */
    record Stopping(Place place, Why why) implements Cvm {}

    /**
     * Host and address.
     *
     * @param host name of a host with the role service
     * @param address on the underlay
     */
    record Place(String host, Ipv4 address) {}

    /** Why a CVM is not, or is about not to be. */
    enum Why {
        ASKED("stopped by an operator, or never started"),
        NOT_HEARD("it did not say hello in time: see its console log on the host"),
        REFUSED("the host refused to start it: see the backend's log"),
        LOST("its domain was gone from its host: start it again; what was on its drive is lost"),
        ALARM("it spoke with another key than before, and was ended for it: see the backend's log");

        private final String text;

        Why(String text) {
            this.text = text;
        }

        /** For the operator. */
        public String text() {
            return text;
        }
    }

    /** What happened. */
    sealed interface Event {
        /** An operator wants it. */
        record StartAsked(Place place, Instant deadline) implements Event {}

        /** An operator does not want it any more. */
        record StopAsked() implements Event {}

        /** Time has passed. */
        record Tick(Instant at) implements Event {}

        /** It said hello. */
        record Heard(Spki spki, @Nullable String sshHostKey, int image) implements Event {}

        /** The machine room ended it for an alarm. */
        record Alarm() implements Event {}

        /** Its host answered, and it is not there. */
        record Absent() implements Event {}

        /** Its host refused to start it. */
        record Refused() implements Event {}

        /** Neither domain nor volume is there. */
        record Destroyed() implements Event {}
    }

    /** What is to be done outside; each may be done again. */
    sealed interface Effect {
        /** Create it unless it lives, and hear it. */
        record Start(Place place) implements Effect {}

        /** Ask its host whether it lives. */
        record Look(Place place) implements Effect {}

        /** Take it away. */
        record Destroy(Place place) implements Effect {}
    }

    /** The next state, and what to do once that is stored. */
    record Step(Cvm next, List<Effect> effects) {}

    /** The one function that moves a CVM. It looks at no clock and calls nobody. */
    static Step on(Cvm cvm, Event event) {
        return switch (cvm) {
            case Off off ->
                switch (event) {
                    case Event.StartAsked(Place place, Instant deadline) ->
                        to(new Starting(place, deadline), new Effect.Start(place));
                    case Event.StopAsked _,
                            Event.Tick _,
                            Event.Heard _,
                            Event.Alarm _,
                            Event.Absent _,
                            Event.Refused _,
                            Event.Destroyed _ -> to(off);
                };
            case Starting starting ->
                switch (event) {
                    case Event.Tick(Instant at) ->
                        at.isBefore(starting.deadline)
                                ? to(starting, new Effect.Start(starting.place))
                                : stop(starting.place, Why.NOT_HEARD);
                    case Event.Heard(Spki spki, String sshHostKey, int image) ->
                        sshHostKey == null
                                ? stop(starting.place, Why.ALARM)
                                : to(new Up(starting.place, spki, sshHostKey, image));
                    case Event.Refused _ -> stop(starting.place, Why.REFUSED);
                    case Event.StopAsked _ -> stop(starting.place, Why.ASKED);
                    case Event.Alarm _ -> stop(starting.place, Why.ALARM);
                    // A machine that isn't there yet, or fell while it booted, is created anew until the deadline.
                    case Event.Absent _, Event.Destroyed _, Event.StartAsked _ -> to(starting);
                };
            case Up up ->
                switch (event) {
                    case Event.Tick _ -> to(up, new Effect.Look(up.place));
                    case Event.Heard(Spki spki, String sshHostKey, int _) ->
                        up.spki.equals(spki) && up.sshHostKey.equals(sshHostKey) ? to(up) : stop(up.place, Why.ALARM);
                    case Event.Absent _ -> stop(up.place, Why.LOST);
                    case Event.StopAsked _ -> stop(up.place, Why.ASKED);
                    case Event.Alarm _ -> stop(up.place, Why.ALARM);
                    case Event.StartAsked _, Event.Refused _, Event.Destroyed _ -> to(up);
                };
            case Stopping stopping ->
                switch (event) {
                    case Event.Tick _ -> to(stopping, new Effect.Destroy(stopping.place));
                    case Event.Destroyed _ -> to(new Off(stopping.why));
                    case Event.StartAsked _,
                            Event.StopAsked _,
                            Event.Heard _,
                            Event.Alarm _,
                            Event.Absent _,
                            Event.Refused _ -> to(stopping);
                };
        };
    }

    private static Step stop(Place place, Why why) {
        return to(new Stopping(place, why), new Effect.Destroy(place));
    }

    private static Step to(Cvm next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
