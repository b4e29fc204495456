import CCurl

/// Seconds since 1970 of a date in any of HTTP's forms; nil where it is none.
public func httpDateSeconds(_ text: String) -> Int64? {
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Int64(seconds)
}
