namespace DirectorySync.Scim;

/// <summary>Bytes that the attributes of one group's body may still take: as documents they are several times their size.</summary>
internal sealed class AttributeBudget
{
    private long left = BodyLimits.GroupAttributeBytes;

    /// <summary>Throws LimitExceeded.</summary>
    public void Take(long bytes)
    {
        left -= bytes;
        if (left < 0)
        {
            throw ScimException.LimitExceeded(
                $"The attributes of a group, without its members, may have {BodyLimits.GroupAttributeBytes} bytes; send fewer.");
        }
    }
}
