package cloister.backend.lease;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;

/** Ends the backend before or after its nth call that changes the world; from then on it reaches nothing any more. */
final class Crashing {
    private static final Set<String> CHANGING =
            Set.of("submit", "end", "cancel", "go", "refuse", "forget", "start", "destroy");

    private final int crashAt;
    private final boolean before;
    private int calls;
    private boolean dead;

    Crashing(int crashAt, boolean before) {
        this.crashAt = crashAt;
        this.before = before;
    }

    /** The process is gone. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    boolean dead() {
        return dead;
    }

    int calls() {
        return calls;
    }

    <T> T guard(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    synchronized (this) {
                        if (dead) {
                            throw new Crash();
                        }
                        boolean last = CHANGING.contains(method.getName()) && ++calls == crashAt;
                        dead = last;
                        if (last && before) {
                            throw new Crash();
                        }
                        try {
                            Object answer = method.invoke(target, arguments);
                            if (last) {
                                throw new Crash();
                            }
                            return answer;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }
                }));
    }
}
