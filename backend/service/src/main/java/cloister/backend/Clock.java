package cloister.backend;

import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The one place that looks at the wall clock. */
@Configuration(proxyBeanMethods = false)
class Clock {
    @Bean
    InstantSource instantSource() {
        return InstantSource.system();
    }
}
