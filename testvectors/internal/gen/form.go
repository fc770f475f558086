package main

import (
	"encoding/base64"
	"strings"
)

const malformed = "rejected statement_malformed"

// formVectors: exactly one spelling of a compact JWS with one strict JSON object
// in header and payload.
func formVectors() []vector {
	return append(append(encodingVectors(), partVectors()...), jsonVectors()...)
}

func encodingVectors() []vector {
	h, p, sig := base().parts()
	s := base()
	v := func(id, comment, compact string, opts ...option) vector {
		return pinnedVector("form/"+id, malformed, comment, compact, append([]option{class("ENCODING"), rfc("RFC 7515, Section 2")}, opts...)...)
	}
	payload := padded(s.claims, "software_version")
	return []vector{
		pinnedVector("form/base", "verified", "the statement that most vectors change in one place",
			base().String(), finding("form passed"), finding("pinned_key passed"), finding("statement_signature passed"),
			finding("times passed"), finding("dns_key skipped"), finding("wellknown_key skipped")),
		v("header_trailing_bits", "non-zero trailing bits in the header, signed as they stand",
			s.segments(trailingBits(b64url([]byte(padded(s.header, "x")))), p), row("J10")),
		v("payload_trailing_bits", "non-zero trailing bits in the payload, signed as they stand",
			s.segments(h, trailingBits(b64url([]byte(payload)))), row("J10")),
		v("signature_trailing_bits", "non-zero trailing bits in the signature: a second spelling of the same signature",
			h+"."+p+"."+trailingBits(sig), row("J10")),
		v("signature_line_feed", "a line feed inside the signature, which lenient decoders skip",
			h+"."+p+"."+sig[:40]+"\n"+sig[40:], row("J11")),
		v("payload_carriage_return", "a carriage return inside the payload, signed as it stands",
			s.segments(h, p[:40]+"\r"+p[40:]), row("J11")),
		v("header_line_feed", "a line feed inside the header, signed as it stands",
			s.segments(h[:10]+"\n"+h[10:], p), row("J11")),
		v("signature_padded", "the signature has its padding", h+"."+p+"."+sig+"==", row("J12")),
		v("payload_padded", "the payload has its padding, signed as it stands",
			s.segments(h, base64.URLEncoding.EncodeToString([]byte(payload))), row("J12")),
		v("signature_standard_alphabet", "the signature in the alphabet with + and /", standardAlphabet(), row("J12")),
		v("payload_space", "a space inside the payload, signed as it stands", s.segments(h, p[:8]+" "+p[8:]), row("J12")),
		v("payload_tab", "a tab inside the payload, signed as it stands", s.segments(h, p[:8]+"\t"+p[8:]), row("J12")),
		v("payload_no_break_space", "U+00A0 inside the payload, signed as it stands", s.segments(h, p[:8]+"\u00a0"+p[8:]), row("J12")),
		v("payload_full_width", "a full-width letter inside the payload, signed as it stands", s.segments(h, p[:8]+"Ａ"+p[8:]), row("J12")),
		v("payload_invalid_utf8_outside", "the byte FF inside the payload, signed as it stands", s.segments(h, p[:8]+"\xff"+p[8:]), row("J12")),
		v("header_question_mark", "a question mark inside the header: two published test vectors wrongly call this valid",
			s.segments(h[:8]+"?"+h[8:], p), row("J13")),
		v("payload_number_sign", "a # inside the payload, signed as it stands", s.segments(h, p[:8]+"#"+p[8:]), row("J12")),
		v("space_before", "a space before the statement", " "+s.String(), row("J14")),
		v("space_after", "a space after the statement", s.String()+" ", row("J14")),
		v("line_feed_before", "a line feed before the statement", "\n"+s.String(), row("J14")),
		v("two_line_feeds_after", "a file with a second final line feed: one is dropped, the other counts", s.String()+"\n", row("J14")),
		v("byte_order_mark", "a byte order mark before the statement", "\ufeff"+s.String(), row("J14")),
		v("nul_after", "a NUL after the statement", s.String()+"\x00", row("J14")),
		v("bearer_prefix", "the statement as an Authorization header would have it", "Bearer "+s.String(), row("J14")),
		v("quoted", "the statement in quotation marks", `"`+s.String()+`"`, row("J14")),
		v("empty", "nothing at all", "", row("J15")),
	}
}

func partVectors() []vector {
	h, p, sig := base().parts()
	s := base()
	v := func(id, comment, compact string, opts ...option) vector {
		return pinnedVector("form/"+id, malformed, comment, compact, append([]option{rfc("RFC 7515, Section 7.1")}, opts...)...)
	}
	fill := func(n int) string {
		for i := 0; ; i++ {
			c := s.claim("x_fill", strings.Repeat("a", n*3/4-400+i)).String()
			if len(c) >= n {
				return c
			}
		}
	}
	return []vector{
		v("parts_one", "a single part", h, row("J15")),
		v("parts_two", "header and payload without a signature part", h+"."+p, row("J15")),
		v("parts_four", "a fourth part", s.String()+"."+sig, row("J15")),
		v("part_empty_header", "the header is empty", "."+p+"."+sig, row("J15")),
		v("part_empty_payload", "the payload is empty, as in a detached signature", s.segments(h, ""), row("J15"), row("J23")),
		v("part_empty_signature", "the signature is stripped", h+"."+p+".", row("J15"), row("J63")),
		v("only_dots", "two dots", "..", row("J15")),
		v("jwe_five_parts", "five parts, as an encrypted token has", h+".AAAA.AAAA.AAAA.AAAA", row("J18")),
		v("json_serialization_flattened", "the flattened JSON serialization of a good statement",
			object{{"payload", p}, {"protected", h}, {"signature", sig}}.String(), row("J21")),
		v("json_serialization_general", "the general JSON serialization, one bad signature and one good",
			object{{"payload", p}, {"signatures", list{object{{"protected", h}, {"signature", "AAAA"}}, object{{"protected", h}, {"signature", sig}}}}}.String(), row("J21")),
		pinnedVector("form/size_16384", "verified", "the largest statement: 16,384 bytes", fill(16384), row("J17")),
		pinnedVector("form/size_16385", "rejected statement_too_large", "one byte over the largest statement, otherwise good",
			fill(16385), row("J17"), class("SIZE")),
		pinnedVector("form/size_dots", "rejected statement_too_large", "20,000 dots: refused before anything is split",
			strings.Repeat(".", 20000), row("J16"), class("SIZE")),
	}
}

func jsonVectors() []vector {
	s := base()
	header, claims := s.header.String(), s.claims.String()
	v := func(id, comment, header, payload string, opts ...option) vector {
		return pinnedVector("form/"+id, malformed, comment, s.bytes(header, payload), append([]option{class("JSON")}, opts...)...)
	}
	deep := func(levels int) string {
		return s.claims.with("x_deep", raw(strings.Repeat("[", levels-1)+strings.Repeat("]", levels-1))).String()
	}
	return []vector{
		v("payload_array", "the payload is an array of one object", header, "["+claims+"]"),
		v("payload_trailing_object", "a second object after the payload, which a stream decoder leaves unread", header, claims+"{}"),
		v("payload_byte_order_mark", "the payload begins with a byte order mark", header, "\ufeff"+claims, row("J42")),
		v("payload_utf16", "the payload is UTF-16", header, utf16(claims), row("J42")),
		v("payload_invalid_utf8", "a string of the payload holds the byte FF", header, strings.Replace(claims, "Acme Agent", "Acme \xff", 1)),
		v("payload_lone_surrogate", "a string of the payload escapes half a surrogate pair", header, strings.Replace(claims, "Acme Agent", `Acme \ud800`, 1)),
		v("payload_duplicate", "iss twice, the same value", header, s.claims.and("iss", acme).String(), row("J25")),
		v("payload_duplicate_escaped", "iss twice, the second as \\u0069ss", header,
			strings.Replace(claims, "{", `{"\u0069ss":"`+other+`",`, 1), row("J25")),
		v("payload_duplicate_nested", "a duplicate name one level down", header,
			s.claims.with("x_nested", object{{"a", 1}, {"a", 2}}).String(), row("J25")),
		v("payload_not_json", "the payload is text", header, "hello"),
		v("payload_comment", "the payload has a comment", header, strings.Replace(claims, "{", "{/**/", 1)),
		v("header_array", "the header is an array", "["+header+"]", claims),
		v("header_trailing_object", "a second object after the header", header+"{}", claims),
		v("header_duplicate_alg", "alg twice: EdDSA, then none", s.header.and("alg", "none").String(), claims, row("J25")),
		v("header_duplicate_kid", "kid twice", s.header.and("kid", "evil").String(), claims, row("J25")),
		v("header_duplicate_escaped", "alg twice, the second as \\u0061lg",
			strings.Replace(header, "}", `,"\u0061lg":"none"}`, 1), claims, row("J25")),
		pinnedVector("form/depth_16", "verified", "16 levels of nesting, the most there may be", s.bytes(header, deep(16)), row("J44")),
		v("depth_17", "17 levels of nesting", header, deep(17), row("J44")),
		v("depth_4000", "4,000 levels of nesting", header, deep(4000), row("J44")),
		pinnedVector("form/white_space_inside", "verified", "white space between the tokens of the payload is JSON's own",
			s.bytes(header, strings.Replace(claims, ",", " ,\n", 1))),
	}
}

// padded returns the object as text whose length is not a multiple of three,
// by growing a member, so that its encoding has spare bits.
func padded(o object, name string) string {
	for n := 1; ; n++ {
		if t := o.with(name, strings.Repeat("1", n)).String(); len(t)%3 == 1 {
			return t
		}
	}
}

// trailingBits sets a spare bit of the last character.
func trailingBits(part string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(part) - 1
	return part[:last] + string(alphabet[strings.IndexByte(alphabet, part[last])|1])
}

// standardAlphabet returns a statement whose signature needs - or _ and is
// written with + or /.
func standardAlphabet() string {
	for i := 0; ; i++ {
		h, p, sig := base().claim("jti", "acme-agent-"+string(rune('a'+i))).parts()
		if std := strings.NewReplacer("-", "+", "_", "/").Replace(sig); std != sig {
			return h + "." + p + "." + std
		}
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(0)
		b.WriteByte(c)
	}
	return b.String()
}
