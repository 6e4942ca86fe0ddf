package cloister.worker;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TrainingTest {
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void the_training_ends_well_by_itself() throws Exception {
        WorkerMain.main(new String[] {"train"});
    }
}
