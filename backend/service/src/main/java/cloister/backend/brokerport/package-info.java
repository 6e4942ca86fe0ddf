/**
 * The broker room: the one port that CVMs may call. It knows who calls by the key of the connection, reads strictly, and
 * passes on numbers; what they mean is decided in the rooms behind it.
 */
@NullMarked
package cloister.backend.brokerport;

import org.jspecify.annotations.NullMarked;
