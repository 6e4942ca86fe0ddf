package cloister.broker;

/** Kinds of GPU, as codes: a site maps its own names to them. */
public enum GpuKind {
    /** No GPU; {@code gpus} is zero. */
    NONE,
    /** The site's first kind. */
    A,
    /** The site's second kind. */
    B,
    /** The site's third kind. */
    C
}
