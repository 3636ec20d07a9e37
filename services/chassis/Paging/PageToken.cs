using System.Buffers.Text;
using System.Text;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DirectorySync.Chassis.Paging;

/// <summary>
/// Opaque, url-safe page tokens. A token carries the name of the method that issued it and what that method needs to go on: the last key of
/// the page before and, where they matter, the filter and the order that it belongs to.
/// </summary>
public static class PageToken
{
    private const int MaxLength = 8 * 1024;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The token for the next page of a method.</summary>
    public static string Issue(string method, params ReadOnlySpan<string> values)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteString(method);
            foreach (var value in values)
            {
                output.WriteString(value);
            }
        }

        return Base64Url.EncodeToString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <summary>
    /// The values of a token that the same method issued. INVALID_ARGUMENT / INVALID_PAGE_TOKEN if it did not, or if their number is wrong.
    /// </summary>
    public static IReadOnlyList<string> Read(string method, string token, int count)
    {
        var values = new List<string>(count + 1);
        try
        {
            var input = new CodedInputStream(token.Length <= MaxLength ? Base64Url.DecodeFromChars(token) : []);
            while (!input.IsAtEnd)
            {
                values.Add(Utf8.GetString(input.ReadBytes().Span));
            }
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException or ArgumentException)
        {
            throw Invalid();
        }

        return values.Count == count + 1 && values[0] == method ? values[1..] : throw Invalid();
    }

    private static RpcException Invalid() => ErrorReason.InvalidPageToken.ToRpc(
        "The page token was not issued by this method.",
        ("attribute", "pageToken"), ("remedy", "Send next_page_token of the page before unchanged, or start without a token."));
}
