using System.Buffers;

namespace DirectorySync.Gateway.Hosting;

/// <summary>
/// A request body in memory. What is too large is refused by us and not by the server, which would close the connection while the client
/// still sends: the client would see a broken pipe and never the answer. What is left of the body the server reads for at most 5 s.
/// </summary>
internal static class SmallBody
{
    /// <summary>Null if the body has more bytes than the limit.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext http, int limit)
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(http.Request.ContentLength ?? 4096, 256, limit) + 1);
        int read;
        while ((read = await http.Request.Body.ReadAsync(body.GetMemory(), http.RequestAborted)) > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > limit)
            {
                return null;
            }
        }

        return body.WrittenMemory;
    }
}
