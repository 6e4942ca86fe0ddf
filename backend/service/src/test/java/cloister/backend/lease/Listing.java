package cloister.backend.lease;

import cloister.bridge.Adjustment;
import cloister.bridge.Allocated;
import cloister.bridge.Ending;
import cloister.bridge.Lookup;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.Placeholders;
import cloister.bridge.Submission;
import cloister.bridge.Survey;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A Slurm that shows these placeholders and takes others; nothing else may be asked of it. */
class Listing implements Placeholders {
    private final List<Placeholder> shown;

    Listing(List<Placeholder> shown) {
        this.shown = shown;
    }

    @Override
    public Survey list() {
        return new Survey.Seen(shown);
    }

    @Override
    public Submission submit(PlaceholderRequest request) {
        return new Submission.Placed(100_000);
    }

    @Override
    public Lookup find(Mark mark) {
        throw new UnsupportedOperationException("find");
    }

    @Override
    public Lookup observe(long jobId, Mark mark) {
        throw new UnsupportedOperationException("observe");
    }

    @Override
    public Allocated allocated(long jobId, Mark mark) {
        throw new UnsupportedOperationException("allocated");
    }

    @Override
    public Ending end(long jobId, Mark mark) {
        throw new UnsupportedOperationException("end");
    }

    @Override
    public Ending cancel(long jobId, Mark mark) {
        throw new UnsupportedOperationException("cancel");
    }

    @Override
    public Adjustment extend(long jobId, Mark mark, Duration limit) {
        throw new UnsupportedOperationException("extend");
    }

    @Override
    public Adjustment shrink(long jobId, Mark mark, Set<String> hosts) {
        throw new UnsupportedOperationException("shrink");
    }
}
