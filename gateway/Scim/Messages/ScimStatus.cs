namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Errors that routing and limits answer with a bare status.</summary>
internal static class ScimStatus
{
    public static ScimError Describe(int status) => status switch
    {
        404 => new(404, null, "There is nothing at this address. Check the SCIM base URL: it ends with the directory's key, "
            + "and is followed by /Users, /Groups or another endpoint of RFC 7644."),
        405 => new(405, null, "This address does not support the method. The Allow header lists the methods that it supports."),
        408 => new(408, null, "The request did not arrive in time. Send it again."),
        411 => new(411, null, "Send the request with a Content-Length."),
        413 => new(413, null, "The request body is too large. Send it in smaller parts."),
        415 => new(415, null, "Send the body as application/scim+json or application/json in UTF-8, without Content-Encoding."),
        501 => new(501, null, "This service does not have what was asked for."),
        _ => new(status, null, "The request could not be completed."),
    };
}
