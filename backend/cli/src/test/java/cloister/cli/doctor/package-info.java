@NullMarked
package cloister.cli.doctor;

import org.jspecify.annotations.NullMarked;
