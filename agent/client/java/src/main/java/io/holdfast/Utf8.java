package io.holdfast;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Strings on their way to C and back. What C could not tell from another string is refused here. */
final class Utf8 {
  private static final int LONGEST_NAME = 64; // octets; see holdfast.h

  private Utf8() {}

  /** The name of a feature, limit, meter or key. */
  static byte[] name(String name) {
    Objects.requireNonNull(name, "name");
    if (name.length() > LONGEST_NAME) throw refused("argument.name", "the name is longer than any", "names have at most 64 octets");
    byte[] octets = octets("name", name);
    if (octets.length > LONGEST_NAME) throw refused("argument.name", "the name is longer than any", "names have at most 64 octets");
    return octets;
  }

  static byte[] octets(String what, String text) {
    Objects.requireNonNull(text, what);
    byte[] octets = new byte[text.length()];
    for (int i = 0; i < octets.length; i++) {
      char c = text.charAt(i);
      if (c == 0) throw refused("argument." + what, "the " + what + " has a zero octet", "give it without");
      if (c >= 0x80) return encoded(what, text);
      octets[i] = (byte) c;
    }
    return octets;
  }

  static String text(byte[] octets) {
    return new String(octets, StandardCharsets.UTF_8);
  }

  /** The text before the first zero octet. */
  static String textBeforeZero(byte[] octets) {
    int size = 0;
    while (size < octets.length && octets[size] != 0) size++;
    return new String(octets, 0, size, StandardCharsets.UTF_8);
  }

  private static byte[] encoded(String what, String text) {
    if (text.indexOf('\0') >= 0) throw refused("argument." + what, "the " + what + " has a zero octet", "give it without");
    try {
      ByteBuffer buffer = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] octets = new byte[buffer.remaining()];
      buffer.get(octets);
      return octets;
    } catch (CharacterCodingException e) {
      throw refused("argument." + what, "the " + what + " has half of a surrogate pair", "give it as whole characters");
    }
  }

  private static MisuseException refused(String check, String message, String advice) {
    return new MisuseException(Code.INVALID_ARGUMENT, check, message, advice);
  }
}
