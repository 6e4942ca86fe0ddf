package cloister.backend.exactlyonce;

import cloister.backend.BackendApplication;
import cloister.backend.machine.Machine;
import cloister.backend.machine.Machines;
import cloister.bridge.Gate;
import cloister.bridge.Placeholders;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/**
 * The backend with small processes for machines. At one of its calls to the outside, named in the file {@code stop-at}, it
 * makes the file {@code stopped} and waits until that is gone: time to kill something.
 */
final class StandInBackend {
    private StandInBackend() {}

    /** Arguments: the folder of files, then the settings. */
    public static void main(String[] args) {
        System.setProperty("cloister.stand-in", args[0]);
        SpringApplication.run(
                new Class<?>[] {BackendApplication.class, Beans.class},
                List.of(args).subList(1, args.length).toArray(String[]::new));
    }

    @TestConfiguration(proxyBeanMethods = false)
    static class Beans {
        @Bean
        @Primary
        Machines standInMachines(ApplicationEventPublisher events) {
            return new StandInMachines(folder(), events);
        }

        @Bean
        static BeanPostProcessor stops() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return switch (bean) {
                        case StandInMachines machines -> stopping(Machines.class, machines);
                        case Placeholders placeholders -> stopping(Placeholders.class, placeholders);
                        case Gate gate -> stopping(Gate.class, gate);
                        default -> bean;
                    };
                }
            };
        }
    }

    private static Path folder() {
        return Path.of(System.getProperty("cloister.stand-in", ""));
    }

    private static <T> T stopping(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    // The CVM is started anew with each backend: its calls are not the lease's.
                    boolean cvm = arguments != null && arguments[0] instanceof Machine.Cvm;
                    String call = (cvm ? "cvm " : "") + method.getName();
                    stop("before " + call);
                    try {
                        Object answer = method.invoke(target, arguments);
                        stop("after " + call);
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private static synchronized void stop(String point) throws IOException {
        Path at = folder().resolve("stop-at");
        if (!Files.exists(at) || !Files.readString(at).equals(point)) {
            return;
        }
        Path stopped = folder().resolve("stopped");
        Files.move(at, stopped);
        while (Files.exists(stopped)) {
            LockSupport.parkNanos(5_000_000);
        }
    }
}
