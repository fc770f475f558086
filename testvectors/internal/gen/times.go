package main

// timeVectors: integers within bounds, against the one instant, both sides of
// every limit. The leeway is 60 seconds.
func timeVectors() []vector {
	s := base()
	const day = 24 * 3600
	v := func(id, expect, comment string, st statement, opts ...option) vector {
		return pinnedVector("times/"+id, expect, comment, st.String(), append([]option{class("TIME")}, opts...)...)
	}
	bad := func(id, comment, name string, value any) vector {
		return v(id, malformed, comment, s.claim(name, value), row("J47"))
	}
	const (
		expired = "rejected statement_expired"
		early   = "rejected statement_not_yet_valid"
		long    = "rejected statement_lifetime_too_long"
	)
	return []vector{
		bad("exp_string", "exp is a string", "exp", "1775001600"),
		bad("exp_bool", "exp is a boolean", "exp", true),
		bad("exp_null", "exp is null", "exp", nil),
		bad("exp_array", "exp is an array", "exp", list{expires}),
		bad("exp_negative", "exp is negative", "exp", -1),
		bad("exp_fraction", "exp has a fraction", "exp", raw("1775001600.5")),
		bad("exp_zero_fraction", "exp has a fraction of nothing", "exp", raw("1775001600.0")),
		bad("exp_exponent", "exp has an exponent", "exp", raw("1775001600e0")),
		bad("exp_bound", "exp is one second past the bound", "exp", 4102444800),
		bad("exp_max_int64", "exp is the largest int64, which some clocks read as past", "exp", raw("9223372036854775807")),
		bad("exp_over_int64", "exp does not fit", "exp", raw("9223372036854775808")),
		bad("exp_huge", "exp is 1e400", "exp", raw("1e400")),
		bad("iat_string", "iat is a string", "iat", "1767225600"),
		bad("iat_minus_zero", "iat is -0", "iat", raw("-0")),
		bad("iat_bound", "iat is one second before the bound", "iat", 1420070399),
		bad("iat_milliseconds", "iat is in milliseconds", "iat", raw("1767225600000")),
		bad("nbf_string", "nbf is a string", "nbf", "1767225600"),
		bad("nbf_max_int64", "nbf is the largest int64, which some clocks read as past", "nbf", raw("9223372036854775807")),
		bad("nbf_fraction", "nbf has a fraction", "nbf", raw("1767225600.5")),
		v("iat_equals_exp", malformed, "iat is not before exp", s.claim("iat", issued).claim("exp", issued), row("J49")),
		v("iat_after_exp", malformed, "iat is after exp", s.claim("iat", expires+1), row("J49")),
		v("exp_leeway", "verified", "59 seconds past exp", s.claim("exp", instant-59), row("J49")),
		v("exp_leeway_over", expired, "60 seconds past exp", s.claim("exp", instant-60), row("J49")),
		v("exp_past", expired, "a week past exp", s.claim("exp", instant-7*day), row("J49")),
		v("iat_leeway", "verified", "iat 60 seconds ahead", s.claim("iat", instant+60), row("J49")),
		v("iat_leeway_over", early, "iat 61 seconds ahead", s.claim("iat", instant+61), row("J49")),
		v("nbf_leeway", "verified", "nbf 60 seconds ahead", s.claim("nbf", instant+60), row("J49")),
		v("nbf_leeway_over", early, "nbf 61 seconds ahead", s.claim("nbf", instant+61), row("J49")),
		v("lifetime_366_days", "verified", "366 days, the longest there may be", s.claim("exp", issued+366*day), row("J49")),
		v("lifetime_over", long, "a second over 366 days", s.claim("exp", issued+366*day+1), row("J49")),
		v("same_before", early, "the usual statement, 61 seconds before its iat", s, at("2025-12-31T23:58:59Z")),
		v("same_after", expired, "the usual statement, 60 seconds after its exp", s, at("2026-04-01T00:01:00Z")),
		v("same_last", "verified", "the usual statement, in the last second of its leeway", s, at("2026-04-01T00:00:59Z")),
		v("expires_soon", "verified", "30 days are left: a warning that changes nothing", s.claim("exp", instant+29*day), finding("times passed statement_expires_soon")),
		pinnedVector("times/signature_before_times", "rejected signature_invalid", "expired and forged: the signature is judged first",
			func() string { t := s.claim("exp", instant-7*day); t.key = otherKey; return t.String() }()),
	}
}
